"""Tone and hatching: ink that is texture, no line. Dots in a lattice, and cells between fine lines.

Light tone is a lattice of dots of ink, dark tone and cross-hatching one of small cells of paper.
Either way pieces lie next to many of their size at one distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from colorrl.regions.ink import Mask

# px of a dot's or cell's longer side, and that side as a share of the page's shorter one
MOST_PX, MOST = 40, 0.06
# of its box: what fills less is no dot but a letter or a stroke
DOT_FULL, CELL_FULL = 0.6, 0.4
# of so many next to it the nearest few lie no farther than so many times the nearest, and alike are
# sizes that differ so many times at most
SEEN, NEAREST, EVEN, ALIKE = 12, 4, 1.7, 2.5
# pieces of a lattice
LEAST = 16
# what parts cells is at most so many times as wide as they are
WIDEST = 0.8


def texture(ink: Mask) -> Mask | None:
    """(H, W) the pixels of ``ink`` that are tone or cross-hatching; None where there is none."""
    dots = _lattice(ink, 4, DOT_FULL)
    found = np.zeros_like(ink) if dots is None else dots.mask
    cells = _lattice(~ink, 4, CELL_FULL)
    if cells is not None:
        found |= _walls(ink, cells)
    return found if found.any() else None


@dataclass(frozen=True, slots=True)
class Lattice:
    """Pieces of like size next to each other."""

    mask: Mask  # (H, W) of the pieces
    distance: float  # px from the middle of one to that of the next
    side: float  # px


def _lattice(mask: Mask, connectivity: int, full: float) -> Lattice | None:
    """The pieces of ``mask`` (H, W) that lie in a lattice."""
    _, label, stats, middle = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=connectivity
    )
    area = stats[:, cv2.CC_STAT_AREA].astype(float)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    small = np.maximum(width, height) <= max(4, min(MOST_PX, MOST * min(mask.shape)))
    small &= (area >= full * width * height) & (area > 1)
    small[0] = False
    piece = np.flatnonzero(small)
    if len(piece) < LEAST:
        return None
    kept, distance = _even(np.asarray(middle[piece], np.float64), area[piece])
    if not kept.any():
        return None
    chosen = np.zeros(len(area), bool)
    chosen[piece[kept]] = True
    return Lattice(chosen[label], distance, float(np.sqrt(np.median(area[piece[kept]]))))


def _even(middle: NDArray[np.float64], area: NDArray[np.float64]) -> tuple[Mask, float]:
    """(P,) which pieces lie in a lattice of LEAST or more, and the distance between neighbours."""
    away, near = cKDTree(middle).query(middle, min(SEEN, len(middle) - 1) + 1)
    away, near = away[:, 1:], near[:, 1:]
    ratio = area[near] / area[:, None]
    # what a line cuts is smaller: only pieces of like size are neighbours
    away = np.where((ratio <= ALIKE) & (ratio >= 1 / ALIKE), away, np.inf)
    order = np.argsort(away, axis=1)[:, :NEAREST]
    away, near = np.take_along_axis(away, order, 1), np.take_along_axis(near, order, 1)
    good = away[:, -1] <= EVEN * away[:, 0]
    # at the rim of a lattice a piece has its neighbours on one side: it goes with an even one
    row, column = np.nonzero(good[:, None] & (away <= EVEN * away[:, :1]))
    n = len(middle)
    graph = coo_matrix((np.ones(len(row)), (row, near[row, column])), shape=(n, n))
    _, group = connected_components(graph, directed=False)
    kept = np.bincount(group, weights=good)[group] >= LEAST
    if not (good & kept).any():
        return kept, 0.0
    distance = float(np.median(away[good & kept, 0]))
    # what is cut lies within the lattice's distance of a piece of it
    size = np.median(area[kept])
    beside = cKDTree(middle[kept]).query(middle)[0] <= EVEN * distance
    return kept | (beside & (area <= ALIKE * size)), distance


def _walls(ink: Mask, cells: Lattice) -> Mask:
    """The fine ink between ``cells``; lines thicker than it stay."""
    wall = max(1.0, cells.distance - cells.side)
    if wall > WIDEST * cells.side:  # windows of a house
        return np.zeros_like(ink)
    reach = int(np.ceil(wall)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach + 2, reach + 2))
    area = cv2.morphologyEx(cells.mask.view(np.uint8), cv2.MORPH_CLOSE, disc)
    # cells that a line cuts are smaller, and lie within a cell of those of the lattice
    side = int(np.ceil(cells.distance)) | 1
    near = cv2.dilate(area, np.ones((side + 2, side + 2), np.uint8))
    thick = cv2.morphologyEx(
        ink.view(np.uint8),
        cv2.MORPH_OPEN,
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)),
    )
    return np.asarray(ink & (near > 0) & (thick == 0))
