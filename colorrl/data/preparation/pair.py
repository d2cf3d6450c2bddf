"""One drawing's rendering as a set keeps it: layers of one size, or why it is dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from colorrl.config.schema.data import ScreenConfig
from colorrl.data.preparation.area import averaged, averaged_fill
from colorrl.data.preparation.flats import Flats, flatten
from colorrl.data.preparation.screen import color_fault, shape_fault
from colorrl.data.source import Pixels, Rendering
from colorrl.regions.graph import Labels, build
from colorrl.regions.resize import resize_regions, square
from colorrl.regions.segment import line_sha, segment
from colorrl.types import RegionMap


@dataclass(frozen=True, slots=True)
class Pair:
    """A line art with its colours, as pixels."""

    layers: dict[str, np.ndarray]  # line (H, W), flats and fill (H, W, 4) uint8, regions uint16
    palette: list[str]
    n_regions: int


def make_pair(rendering: Rendering, size: int, screen: ScreenConfig | None) -> Pair | str:
    """The pair of ``rendering`` at ``size`` px, or why ``screen`` (None: none) drops it.

    Regions and flats are found at the rendering's own size, then brought to ``size``. A drawing
    without colours has line and regions alone.
    """
    regions = find_regions(rendering)
    drawing = _squared(rendering)
    if drawing.fill is None:
        reason = shape_fault(regions) if screen is not None else None
        return reason or _at_size(drawing, regions, None, size)
    flats = flatten(drawing.fill, regions, drawing.paints)
    if screen is not None:
        reason = color_fault(drawing, regions, flats, screen)
        if reason is not None:
            return reason
    return _at_size(drawing, regions, flats, size)


def find_regions(drawing: Rendering) -> RegionMap:
    """Regions of ``drawing``, its own or those of its line, on the page made square.

    The paper added belongs to the background, so that no region changes its neighbours.
    """
    line = drawing.line.astype(np.float32) / np.float32(255)
    sha = line_sha(line)
    own = None if drawing.label is None else build(consecutive(drawing.label), sha)
    regions = segment(line) if own is None else own
    if line.shape[0] == line.shape[1]:
        return regions
    outside = regions.background or regions.n_regions + 1
    return build(square(regions.label.numpy(), outside), sha)


def consecutive(label: Labels) -> Labels:
    """``label`` (H, W) with its ids, whatever they were, from 1; 0 stays 0."""
    ids, new = np.unique(np.append(label, 0), return_inverse=True)
    order = np.where(ids == 0, 0, np.cumsum(ids != 0))
    return order[new[:-1]].reshape(label.shape).astype(np.int32)


def _squared(drawing: Rendering) -> Rendering:
    """``drawing`` without its regions, in the middle of a square of paper."""
    return replace(
        drawing,
        line=square(drawing.line, 255),
        fill=None if drawing.fill is None else _squared_layers(drawing.fill, 0),
        shaded=None if drawing.shaded is None else _squared_layers(drawing.shaded, 0),
        whole=None if drawing.whole is None else _squared_layers(drawing.whole, 255),
        label=None,
    )


def _squared_layers(image: Pixels, value: int) -> Pixels:
    return np.stack([square(image[..., c], value) for c in range(image.shape[2])], axis=-1)


def _at_size(drawing: Rendering, regions: RegionMap, flats: Flats | None, size: int) -> Pair:
    line, fill = drawing.line, drawing.fill if drawing.shaded is None else drawing.shaded
    kept = np.arange(regions.n_regions + 1)
    if len(line) != size:
        regions, kept = resize_regions(regions, (size, size))
        line = _bytes(averaged(_shares(line), size))
        fill = None if fill is None else _bytes(averaged_fill(_shares(fill), size))
    label = regions.label.numpy().astype(np.uint16)
    if flats is None or fill is None:
        return Pair({"line": line, "regions": label}, [], regions.n_regions)
    flats = replace(flats, color=flats.color[kept])
    region_index = regions.region_index.numpy()
    layers: dict[str, np.ndarray] = {
        "line": line,
        "flats": flats.image(region_index),
        "fill": fill,
        "regions": label,
    }
    return Pair(layers, flats.palette, regions.n_regions)


def _shares(image: Pixels) -> NDArray[np.float32]:
    return image.astype(np.float32) / np.float32(255)


def _bytes(image: NDArray[np.float32]) -> Pixels:
    return np.rint(image.clip(0, 1) * 255).astype(np.uint8)
