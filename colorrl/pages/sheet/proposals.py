"""Where a figure may stand on a page, by local features that both have."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.pages.sheet.alignment import FEWEST, MANY, Matrix, scale_of, share_met, spread
from colorrl.pages.sheet.strokes import Marks, Points, Strokes

# like features on the page that each feature of the sheet is tried with
NEAREST = 6
# as many proposals go on: to all points of the line, and of these to the refinement
TRIED, REFINED = 80, 8
FEW = 64  # points of the line that each proposal is tried with
# figures are drawn up to so many times as large on a page, or as small
MAX_SCALE = 4.0
# turned features propose no figure that is turned by more, degrees
MAX_TURN = 40.0
# share of the figure's side: proposals that differ by less are one
ALIKE = 0.06


def proposals(source: Marks, target: Strokes, side: float) -> list[Matrix]:
    """The transforms that pairs of like features give, the best REFINED that differ."""
    if min(len(source.feature), len(target.marks.feature)) == 0:
        return []
    if min(len(source.points), len(target.marks.points)) < FEWEST:  # hardly a line
        return []
    like = cv2.BFMatcher().knnMatch(source.feature, target.marks.feature, k=NEAREST)
    a, b = np.array([(m.queryIdx, m.trainIdx) for row in like for m in row]).T
    scale = target.marks.size[b] / source.size[a]
    turn = (target.marks.angle[b] - source.angle[a] + 180) % 360 - 180
    fits = (abs(np.log(scale)) < np.log(MAX_SCALE)) & (abs(turn) < MAX_TURN)
    matrices = _from_features(source.places[a], target.marks.places[b], scale, turn)[fits]
    if not len(matrices):
        return []
    few = spread(source, FEW)
    rough = np.array([share_met(m, source, few, target, side, 2.0) for m in matrices])
    order = np.argsort(-rough)[:TRIED]
    many = spread(source, MANY)
    fine = np.array([share_met(m, source, many, target, side, 2.0) for m in matrices[order]])
    return _unlike(matrices[order[np.argsort(-fine)]], source, side)


def _from_features(p: Points, q: Points, scale: NDArray, turn: NDArray) -> NDArray[np.float64]:
    """(M, 2, 3): each takes p to q, at that scale, turned by so many degrees."""
    c, s = scale * np.cos(np.radians(turn)), scale * np.sin(np.radians(turn))
    linear = np.stack([np.stack([c, -s], 1), np.stack([s, c], 1)], 1)
    return np.concatenate([linear, (q - np.einsum("mij,mj->mi", linear, p))[..., None]], 2)


def _unlike(matrices: NDArray[np.float64], source: Marks, side: float) -> list[Matrix]:
    """The first REFINED of ``matrices`` that take the figure's corners to other places."""
    low, high = source.points.min(0), source.points.max(0)
    corners = np.array(
        [[low[0], low[1], 1], [high[0], low[1], 1], [low[0], high[1], 1], [*high, 1]]
    )
    kept: list[Matrix] = []
    ends: list[NDArray] = []
    for matrix in matrices:
        end = corners @ matrix.T
        reach = scale_of(matrix) * side * ALIKE
        if all(abs(end - other).max() > reach for other in ends):
            kept.append(matrix)
            ends.append(end)
        if len(kept) == REFINED:
            break
    return kept
