"""A page of any size as a generator's small square, and the generator's colours back on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.palette import Palette, nearest
from colorrl.regions.graph import build
from colorrl.regions.nearest import beyond
from colorrl.regions.resize import margins, shrink, square
from colorrl.types import Partition, Sketch

WHITE = 1.0
# a page is padded to its square where that has so many times its pixels at most
SQUARE = 4
# CIEDE2000 from which on two colours of a page are two in a palette of its own, and how many it has
APART, MOST = 10.0, 16


@dataclass(frozen=True, slots=True)
class Page:
    """A line art with its regions at full size and the sketch the generator sees."""

    regions: Partition  # (H, W)
    sketch: Sketch  # (S, S), the page centred on square paper
    kept: NDArray[np.int64]  # (R'+1,) region of the page behind each region of the sketch
    center: NDArray[np.int64]  # (R+1, 2) row and column of the sketch where a dropped region lies


def fit(line: NDArray[np.float32], regions: Partition, size: int, palette: Palette | None) -> Page:
    """``line`` (H, W) and its regions, centred on square paper and shrunk to ``size`` px.

    The paper added belongs to the background, so that no region changes its neighbours.
    """
    paper = _shrunk(line, size)
    outside = regions.background or regions.n_regions + 1
    label, region_index = regions.label.numpy(), regions.region_index.numpy()
    small, kept = shrink(label, region_index, (size, size), around=outside)
    colors = torch.ones(1, 3) if palette is None else palette.colors
    # a share of 0 says that the entry is padding: no palette at all
    share = torch.zeros(1) if palette is None else torch.full((len(palette),), 1 / len(palette))
    sketch = Sketch(
        id=regions.sha,
        line=torch.from_numpy(paper)[None],
        regions=build(small, regions.sha),
        palette=colors,
        share=share,
    )
    return Page(regions, sketch, kept, _centers(label, kept, size))


def _shrunk(line: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """(size, size) ``line`` (H, W) on square paper. The square of a strip is not made: one of
    100 x 30,000 px would take 300 times the memory of the strip."""
    long = max(line.shape)
    if long**2 <= SQUARE * line.size:
        small = cv2.resize(square(line, WHITE), (size, size), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.float32)
    upright = line.shape[0] == long
    strip = line if upright else line.T
    short = cv2.resize(strip, (strip.shape[1], size), interpolation=cv2.INTER_AREA)
    _, sides = margins(strip.shape)
    wide = np.pad(short, ((0, 0), sides), constant_values=WHITE)
    small = np.asarray(cv2.resize(wide, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    return np.ascontiguousarray(small if upright else small.T).astype(np.float32, copy=False)


def conditioned_on(page: Page, colors: Tensor, bare: NDArray[np.bool_]) -> Page:
    """``page`` with the palette that its regions' ``colors`` (R+1, 3) make, with their shares.

    What stays ``bare`` (R+1,) has none.
    """
    area = page.regions.area.numpy().astype(np.float32)
    area[bare] = 0
    area[0] = 0
    if not area.any():
        return page
    palette, share = palette_of_regions(colors, area)
    return replace(page, sketch=replace(page.sketch, palette=palette, share=share))


def palette_of_regions(colors: Tensor, area: NDArray[np.float32]) -> tuple[Tensor, Tensor]:
    """The palette (K, 3) of regions in ``colors`` (S, 3), and its shares (K,) of ``area`` (S,).

    From the largest region on, a colour that is APART from those before it, MOST at most; the
    nearest of them stands for the others. Some ``area`` must not be 0.
    """
    lab = srgb_to_lab(colors, -1)
    listed: list[int] = []
    for region in np.argsort(-area, kind="stable")[: int((area > 0).sum())].tolist():
        off = delta_e_2000(lab[region], lab[listed])
        if len(listed) < MOST and bool((off >= APART).all()):
            listed.append(region)
    entry = nearest(colors, colors[listed]).numpy()
    share = torch.from_numpy(np.bincount(entry, area, len(listed)) / area.sum()).float()
    return colors[listed], share


def _centers(label: NDArray[np.int32], kept: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """(R+1, 2) the cell of the grid in which the mean pixel of each region not ``kept`` lies."""
    n = max(int(label.max()), int(kept.max())) + 1
    dropped = np.ones(n, bool)
    dropped[kept] = False
    at = np.nonzero(dropped[label])
    region_index = label[at]
    count = np.maximum(np.bincount(region_index, minlength=n), 1)
    mean = [
        np.bincount(region_index, weights=axis + before, minlength=n) / count
        for axis, (before, _) in zip(at, margins(label.shape), strict=True)
    ]
    return (np.stack(mean, axis=1) * size / max(label.shape)).astype(np.int64)


def region_colors(page: Page, image: Tensor) -> Tensor:
    """(R+1, 3) sRGB: each region's colour in ``image`` (3, S, S), the generator's answer.

    The median of its pixels; a region too small for the sketch takes the pixel at its centre.
    Slot 0, ink that no region owns, is white.
    """
    colors = image[:, page.center[:, 0], page.center[:, 1]].T.contiguous()
    colors[page.kept] = region_medians(image, page.sketch.regions.label)
    colors[0] = WHITE
    return colors[: page.regions.n_regions + 1]


def region_medians(image: Tensor, label: Tensor) -> Tensor:
    """(R+1, 3) the median of each channel of ``image`` (3, H, W) over each ``label`` (H, W).

    The lower of the two middle values. Every label from 1 to R must occur.
    """
    flat = label.flatten().numpy()
    count = np.bincount(flat, minlength=1)
    middle = np.cumsum(count) - count + np.maximum(count - 1, 0) // 2
    values = image.flatten(1).numpy()
    ranked = [channel[np.lexsort((channel, flat))] for channel in values]
    return torch.from_numpy(np.stack([r[np.minimum(middle, flat.size - 1)] for r in ranked], 1))


def owners(regions: Partition, trap: int | None) -> NDArray[np.int32]:
    """(H, W) the region that paints each pixel, 0 = none.

    Colour runs under the line for ``trap`` px at most; None: to the middle of the line, where
    two colours meet, so that nothing shows when a line is thinned, moved or made lighter.
    """
    region_index: NDArray[np.int32] = regions.region_index.numpy()
    if trap is None:
        return region_index
    return np.where(beyond(regions.label.numpy() > 0, trap), np.int32(0), region_index)
