"""One drawing, rendered: its layers as written to disk, or the reason it is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorrl.config import ScreenConfig
from colorrl.data.flats import flatten
from colorrl.data.render import on_white, rasterise, read_layers, render_line
from colorrl.data.screen import fault
from colorrl.regions.segment import segment


@dataclass(frozen=True, slots=True)
class Pair:
    """A line art with its colours, as pixels."""

    layers: dict[str, np.ndarray]  # line (H, W), flats and fill (H, W, 4) uint8, regions uint16
    palette: list[str]
    n_regions: int


def render_pair(path: Path, size: int, screen: ScreenConfig | None) -> Pair | str:
    """The pair of the SVG at ``path`` at ``size`` px, or why ``screen`` (None: none) drops it."""
    drawing = read_layers(path)
    if not drawing.has_line:
        return "no line group"
    if not drawing.paints:
        return "no colour group"
    line, fill = render_line(drawing, size), rasterise(drawing.fill, size)
    regions = segment(line.astype(np.float32) / np.float32(255))
    flats = flatten(fill, regions, drawing.paints)
    if screen is not None:
        whole = on_white(rasterise(drawing.whole, size))
        if (reason := fault(regions, flats, fill, line, whole, screen)) is not None:
            return reason
    layers: dict[str, np.ndarray] = {
        "line": line,
        "flats": flats.image(regions.owner.numpy()),
        "fill": fill,
        "regions": regions.label.numpy().astype(np.uint16),
    }
    return Pair(layers, flats.palette, regions.n_regions)
