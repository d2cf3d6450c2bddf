"""Where regions meet: which touch and how long, and which lies across the line.

Both are read off the owners of a page of at least ``FINE_SIDE`` px, a coarser one with its pixels
repeated. On the coarse page itself a line of odd width has no middle to part it at, which pixel a
junction falls to decides much of a short contact, and the band ends in the middle of a row: the
same drawing had other contacts and another band at twice the resolution.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.regions.cells import cells_of, majority
from colorrl.regions.nearest import Labels

FINE_SIDE = 256  # pixels of the longer side
BAND = 3.5 / 64  # of the longer side: how far from the middle of the line a pixel is beside it
LEAST_BAND = 3.5  # pixels of the page


def fineness(shape: tuple[int, ...]) -> int:
    """How many times a page of ``shape`` repeats its pixels: a power of two.

    Twice the resolution halves it, so that both pages come to the same fine one.
    """
    times = 1
    while times * max(shape) < FINE_SIDE:
        times *= 2
    return times


def repeated(label: Labels, times: int) -> Labels:
    """``label`` (H, W) with every pixel repeated ``times`` along each side."""
    return label.repeat(times, axis=0).repeat(times, axis=1)


def contacts(fine: Labels, times: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs (E, 2), i < j, of owners that share pixel edges, and the length (E,) of those.

    ``fine`` are the owners of a page ``times`` finer than the one whose pixels measure the length;
    0 is left out.
    """
    pairs = [(fine[:, :-1], fine[:, 1:]), (fine[:-1], fine[1:])]
    n = int(fine.max(initial=0)) + 1
    keys = []
    for a, b in pairs:
        touch = (a != b) & (a > 0) & (b > 0)
        low, high = np.minimum(a[touch], b[touch]), np.maximum(a[touch], b[touch])
        keys.append(low.astype(np.int64) * n + high)
    key, count = np.unique(np.concatenate(keys), return_counts=True)
    return np.stack([key // n, key % n], axis=1), count / times


def region_across(fine: Labels, region_index: Labels, times: int) -> Labels:
    """(H, W) the nearest region other than ``region_index``, 0 beyond the band around the border.

    ``fine`` are the owners of the page ``times`` finer. A pixel takes what most of its cells name,
    and is in the band if half of them are. The band is ``BAND`` of the longer side, at least
    ``LEAST_BAND`` px.
    """
    band = max(LEAST_BAND, max(region_index.shape) * BAND) * times
    other = _across(fine, band - 0.5)  # from the middle of the border's own cells
    if times == 1:
        return other
    own = repeated(region_index, times)
    # cells of a pixel that the border runs through may name its owner, from the other side
    other = np.where(other == own, fine, other)
    none = int(fine.max(initial=0)) + 1  # above all ids: it loses among equals
    cell = cells_of(fine.shape, (region_index.shape[0], region_index.shape[1]))
    most = majority(cell, np.where(other > 0, other, none), region_index.size)
    return np.where(most == none, 0, most).reshape(region_index.shape).astype(np.int32)


def _across(region_index: Labels, band: float) -> Labels:
    """(H, W) the nearest region other than ``region_index``, 0 over ``band`` px from the border.

    The border between two owners runs along the middle of the line.
    """
    other = np.zeros_like(region_index)
    for axis, shift in ((0, 1), (0, -1), (1, 1), (1, -1)):
        beside = _neighbor(region_index, axis, shift)
        np.copyto(other, beside, where=(beside != region_index) & (beside > 0) & (other == 0))
    if not other.any():
        return other
    distance, seed = cv2.distanceTransformWithLabels(
        (other == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    border = other > 0
    here, there = np.zeros((2, int(seed.max()) + 1), np.int32)
    here[seed[border]], there[seed[border]] = region_index[border], other[border]
    near = distance <= band
    at, own, across = seed[near], region_index[near], np.zeros_like(region_index)
    across[near] = np.where(here[at] != own, here[at], there[at])
    return across


def _neighbor(region_index: Labels, axis: int, shift: int) -> Labels:
    """``region_index`` moved by one pixel; the page's own edge has no neighbour but itself."""
    last = region_index.shape[axis] - 1
    return region_index.take(np.clip(np.arange(last + 1) + shift, 0, last), axis=axis)
