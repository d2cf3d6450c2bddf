"""A RegionMap at another size: each cell goes to the region that covers most of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colorrl.regions.cells import cells_of, majority
from colorrl.regions.graph import Labels, build
from colorrl.types import RegionMap


def resize_regions(
    regions: RegionMap, size: tuple[int, int]
) -> tuple[RegionMap, NDArray[np.int64]]:
    """``regions`` at ``size`` (h, w), and ``kept`` (R'+1,): the old id of each new one, 0 for 0.

    A cell belongs to the owner of most of its pixels and is ink where more than half of them are.
    A region that owns cells keeps them even if ink covers them all (an eye must not vanish);
    regions that own none are dropped. Raises ValueError for an empty size.
    """
    label, kept = shrink(regions.label.numpy(), regions.owner.numpy(), size)
    return build(label, regions.sha), kept


def shrink(label: Labels, owner: Labels, size: tuple[int, int]) -> tuple[Labels, NDArray[np.int64]]:
    """``resize_regions`` on bare arrays: label and owner (H, W) to label (h, w) and kept."""
    h, w = size
    if h < 1 or w < 1:
        raise ValueError(f"size must be positive, got {size}")
    label, owner = _enlarged(label, size), _enlarged(owner, size)
    cell = cells_of(label.shape, size)
    major = majority(cell, owner, h * w).reshape(h, w)
    paper = np.bincount(cell.ravel(), weights=(label > 0).ravel(), minlength=h * w)
    total = np.bincount(cell.ravel(), minlength=h * w)
    open_cell = (paper * 2 >= total).reshape(h, w)
    visible = np.zeros(int(owner.max()) + 1, bool)
    visible[major[open_cell]] = True
    small = np.where(open_cell | ~visible[major], major, 0)
    kept, new = np.unique(np.append(0, small), return_inverse=True)
    return new[1:].reshape(h, w).astype(np.int32), kept.astype(np.int64)


def _enlarged(image: Labels, size: tuple[int, int]) -> Labels:
    """``image`` with its pixels repeated until no side is shorter than ``size``."""
    for axis, target in enumerate(size):
        image = image.repeat(-(-target // image.shape[axis]), axis=axis)
    return image
