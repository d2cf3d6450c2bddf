"""A RegionMap at another size: each cell goes to the region that covers most of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colorrl.regions.cells import cells_along, majority
from colorrl.regions.graph import Labels, build
from colorrl.types import Partition, RegionMap

BAND = 2**20  # pixels looked at together, at least a row of cells: memory


def resize_regions(
    regions: RegionMap | Partition, size: tuple[int, int]
) -> tuple[RegionMap, NDArray[np.int64]]:
    """``regions`` at ``size`` (h, w), and ``kept`` (R'+1,): the old id of each new one, 0 for 0.

    A cell belongs to the owner of most of its pixels and is ink where more than half of them are.
    A region that owns cells keeps them even if ink covers them all (an eye must not vanish);
    regions that own none are dropped. Raises ValueError for an empty size.
    """
    label, kept = shrink(regions.label.numpy(), regions.region_index.numpy(), size)
    return build(label, regions.sha), kept


def shrink(
    label: Labels, region_index: Labels, size: tuple[int, int], around: int | None = None
) -> tuple[Labels, NDArray[np.int64]]:
    """``resize_regions`` on bare arrays: label and owner (H, W) to label (h, w) and kept.

    ``around`` is the region that pads the page to a square first; None: none does.
    """
    h, w = size
    if h < 1 or w < 1:
        raise ValueError(f"size must be positive, got {size}")
    shape = label.shape if around is None else (max(label.shape),) * 2
    scale = [-(-target // side) for target, side in zip(size, shape, strict=True)]
    y, x = (cells_along(n * k, m) for n, k, m in zip(shape, scale, size, strict=True))
    n_slots = max(int(region_index.max()), around or 0) + 1
    major, open_cell = np.empty((h, w), np.int64), np.empty((h, w), bool)
    step = max(1, BAND * h // (len(y) * len(x)))
    for first in range(0, h, step):
        rows = np.flatnonzero((y >= first) & (y < first + step))
        cell = (y[rows, None] - first) * w + x
        here = slice(first, min(first + step, h))
        count = (here.stop - first) * w
        band = [_rows(image, rows // scale[0], scale[1], around) for image in (label, region_index)]
        major[here] = majority(cell, band[1], count).reshape(-1, w)
        paper = np.bincount(cell[band[0] > 0], minlength=count)
        open_cell[here] = (paper * 2 >= np.bincount(cell.ravel(), minlength=count)).reshape(-1, w)
    visible = np.zeros(n_slots, bool)
    visible[major[open_cell]] = True
    small = np.where(open_cell | ~visible[major], major, 0)
    kept, new = np.unique(np.append(0, small), return_inverse=True)
    return new[1:].reshape(h, w).astype(np.int32), kept.astype(np.int64)


def margins(shape: tuple[int, ...]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns before and after a page of ``shape`` in the middle of a square."""
    missing = [max(shape) - side for side in shape]
    above, left = (m // 2 for m in missing)
    return (above, missing[0] - above), (left, missing[1] - left)


def square(image: NDArray, value: float) -> NDArray:
    """``image`` (H, W) in the middle of a square filled with ``value``."""
    return np.pad(image, margins(image.shape), constant_values=value)


def _rows(image: Labels, rows: NDArray[np.intp], scale: int, around: int | None) -> Labels:
    """``rows`` of ``image``, or of the square it is padded to, with each pixel ``scale`` times."""
    if around is None:
        return image[rows].repeat(scale, axis=1)
    (above, _), sides = margins(image.shape)
    inside = (rows >= above) & (rows < above + len(image))
    band = np.full((len(rows), max(image.shape)), around, np.int32)
    band[inside, sides[0] : sides[0] + image.shape[1]] = image[rows[inside] - above]
    return band.repeat(scale, axis=1)
