"""The nearest label and the distance to it, window by window: exact, in the memory of a window.

A chamfer distance of d pixels, and the label it leads to, hang on pixels at most d away along
either axis. So a tile is exact once its window reaches as far beyond it as the largest distance
that is asked for in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.regions.ink import Mask

Labels = NDArray[np.int32]
Distance = NDArray[np.float32]
Window = tuple[slice, slice]

TILE = 256  # pixels a side, rows of a band
# how far windows reach beyond their tiles where nobody says how far labels lie: most ink is lines.
# What lies deeper (solid black) is read off the whole page
HALO = 48
# pixels beyond the distance that a mask of 5 x 5 looks at
MARGIN = 2


@dataclass(frozen=True, slots=True)
class Found:
    """The nearest labels of P pixels of a tile."""

    at: tuple[NDArray[np.intp], NDArray[np.intp]]  # (P,) rows and columns on the page
    label: Labels  # (P,)
    distance: Distance  # (P,) pixels


def nearest(label: Labels, wanted: Mask, reach: float | None = None) -> Iterator[Found]:
    """The label nearest to each True of ``wanted`` (H, W) in ``label`` (H, W), 0 = none.

    Leaves out pixels that have no label within ``reach`` px; None: those of a page without one.
    ``label`` must not change until the end.
    """
    halo = HALO if reach is None else int(reach) + MARGIN
    deep = None
    for tile in tiles(label.shape):
        here = wanted[tile]
        if not here.any():
            continue
        found = _in_window(label, tile, here, halo)
        if reach is None and (found is None or found.distance.max() > halo - MARGIN):
            deep = np.zeros(label.shape, np.bool_) if deep is None else deep
            deep[tile] = here
        elif found is not None:
            yield found if reach is None else _within(found, reach)
    if deep is not None:
        page = (slice(0, label.shape[0]), slice(0, label.shape[1]))
        found = _in_window(label, page, deep, 0)
        if found is not None:
            yield found


def filled(label: Labels) -> Labels:
    """``label`` (H, W) with every 0 replaced by the nearest label; all 0 where there is none."""
    region_index = label.copy()
    for found in nearest(label, label == 0):
        region_index[found.at] = found.label
    return region_index


def nearest_at(label: Labels, at: NDArray[np.int64]) -> tuple[Labels, Distance]:
    """The label nearest to each point ``at`` (P, 2), row and column, and the pixels to it.

    0 and infinite where there is no label at all.
    """
    wanted = np.zeros(label.shape, np.bool_)
    wanted[tuple(at.T)] = True
    place, which = np.unique(_flat(tuple(at.T), label), return_inverse=True)
    known = np.zeros(len(place), np.int32)
    distance = np.full(len(place), np.inf, np.float32)
    for found in nearest(label, wanted):
        i = np.searchsorted(place, _flat(found.at, label))
        known[i], distance[i] = found.label, found.distance
    return known[which], distance[which]


def _flat(at: tuple[NDArray, ...], label: Labels) -> NDArray[np.int64]:
    return at[0] * label.shape[1] + at[1]


def beyond(target: Mask, radius: float) -> Mask:
    """(H, W) True where the nearest True of ``target`` (H, W) is over ``radius`` px away."""
    far = ~target
    for tile in tiles(target.shape):
        if not far[tile].any():
            continue
        window, inner = _around(tile, int(radius) + MARGIN, target.shape)
        if target[window].any():
            far[tile] = distance_to(target[window])[inner] > radius
    return far


def distance_to(target: Mask) -> Distance:
    """(H, W) pixels to the nearest True of ``target``; the page's diagonal and more if none is."""
    if not target.any():
        return np.full(target.shape, sum(target.shape), np.float32)
    distance = cv2.distanceTransform((~target).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return distance.astype(np.float32, copy=False)


def tiles(shape: tuple[int, ...]) -> Iterator[Window]:
    """The tiles of a page, row by row."""
    for top in range(0, shape[0], TILE):
        for left in range(0, shape[1], TILE):
            yield (
                slice(top, min(top + TILE, shape[0])),
                slice(left, min(left + TILE, shape[1])),
            )


def bands(label: Labels) -> Iterator[slice]:
    """The page in bands of rows, from above, those without a label left out."""
    for top in range(0, len(label), TILE):
        rows = slice(top, top + TILE)
        if label[rows].any():
            yield rows


def _in_window(label: Labels, tile: Window, here: Mask, halo: int) -> Found | None:
    """The labels nearest to ``here`` (tile), as far as a window of ``halo`` px around it shows."""
    window, inner = _around(tile, halo, label.shape)
    known = label[window]
    has = known > 0
    if not has.any():
        return None
    distance, seed = cv2.distanceTransformWithLabels(
        (~has).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    y, x = np.nonzero(here)
    # seeds are numbered from 1 in the order of the pixels; 0 is what lies too far for the transform
    found = np.append(np.int32(0), known[has])[seed[inner][y, x]]
    away = np.asarray(distance[inner][y, x], np.float32)
    return Found((y + tile[0].start, x + tile[1].start), found, away)


def _within(found: Found, reach: float) -> Found:
    near = found.distance <= reach
    return Found((found.at[0][near], found.at[1][near]), found.label[near], found.distance[near])


def _around(tile: Window, halo: int, shape: tuple[int, ...]) -> tuple[Window, Window]:
    """``tile`` with ``halo`` px more on each side, and where the tile lies in that."""
    low = [max(0, side.start - halo) for side in tile]
    window = [
        slice(first, min(n, side.stop + halo))
        for first, side, n in zip(low, tile, shape, strict=True)
    ]
    inner = [
        slice(side.start - first, side.stop - first) for first, side in zip(low, tile, strict=True)
    ]
    return (window[0], window[1]), (inner[0], inner[1])
