"""How well a transform lays the lines of a figure on those of a page, and the best one near it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from colorrl.pages.sheet.strokes import Marks, Points, Strokes, bin_of

Matrix = NDArray[np.float64]  # (2, 3), maps column vectors (x, y, 1)

FEWEST = 12  # points that meet: fewer fix no similarity
# lines meet within this share of the figure's side
NEAR = 0.012
# share of the figure's lines that must lie on the page
MIN_SHOWN = 0.5
# points of the line that are looked at, and rounds of a refinement
MANY, ROUNDS = 400, 6


def scale_of(matrix: Matrix) -> float:
    """How many times as large ``matrix`` makes a figure."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def side_of(mask: NDArray[np.bool_]) -> float:
    """The longer side of what ``mask`` covers, px."""
    spans = [np.flatnonzero(mask.any(axis)) for axis in (0, 1)]
    return float(max(s[-1] - s[0] + 1 for s in spans))


def spread(marks: Marks, n: int) -> NDArray[np.int64]:
    """Indices of ``n`` of the points, evenly along their order."""
    return np.unique(np.linspace(0, len(marks.points) - 1, n).astype(np.int64))


def share_met(
    matrix: Matrix,
    source: Marks,
    which: NDArray[np.int64],
    target: Strokes,
    side: float,
    slack: float,
) -> float:
    """The share of the points ``which`` that meet a line of ``target`` of their direction."""
    value, shown = meeting(
        matrix, source.points[which], source.bin_angle[which], target, side, slack
    )
    return float(value.sum() / shown.sum()) if shown.mean() > MIN_SHOWN else 0.0


def meeting(
    matrix: Matrix, points: Points, angle: NDArray, target: Strokes, side: float, slack: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(P,) how well each point meets a line, 1 = on it, and whether it lies on the page."""
    scale = scale_of(matrix)
    q = points @ matrix[:, :2].T + matrix[:, 2]
    x, y = np.rint(q).astype(np.int64).T
    height, width = target.distance.shape[1:]
    shown = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    turn = np.arctan2(matrix[1, 0], matrix[0, 0])
    bins = bin_of(angle + turn)
    near = slack * max(1.0, NEAR * side * scale)
    value = np.zeros(len(points))
    d = target.distance[bins[shown], y[shown], x[shown]]
    value[shown] = np.exp(-0.5 * (d / near) ** 2)
    return value, shown


def score(matrix: Matrix, source: Strokes, mask: NDArray[np.bool_], target: Strokes) -> float:
    """How well the figure's lines meet the page's, and the page's there the figure's."""
    side = side_of(mask)
    which = spread(source.marks, MANY)
    there = share_met(matrix, source.marks, which, target, side, 1.0)
    back = np.asarray(cv2.invertAffineTransform(matrix), np.float64)
    p = np.rint(target.marks.points @ back[:, :2].T + back[:, 2]).astype(np.int64)
    inside: NDArray[np.bool_] = np.all((p >= 0) & (p < mask.shape[::-1]), axis=1)
    inside[inside] = mask[p[inside, 1], p[inside, 0]]
    at = np.flatnonzero(inside)
    if len(at) < FEWEST:
        return 0.0
    at = at[:: max(1, len(at) // MANY)]
    value, _ = meeting(
        back,
        target.marks.points[at],
        target.marks.bin_angle[at],
        source,
        side / scale_of(back),
        1.0,
    )
    here = value.mean()
    return float(2 * there * here / max(there + here, 1e-9))


def refined(
    matrix: Matrix, source: Strokes, mask: NDArray[np.bool_], target: Strokes, tree: cKDTree
) -> tuple[Matrix, float]:
    """``matrix`` moved until its lines meet best, and its score."""
    side = side_of(mask)
    which = spread(source.marks, MANY)
    points, angle = source.marks.points[which], source.marks.bin_angle[which]
    best, best_score = matrix, score(matrix, source, mask, target)
    for round in range(ROUNDS):
        scale = scale_of(matrix)
        q = points @ matrix[:, :2].T + matrix[:, 2]
        reach = NEAR * side * scale * (4 - 2.5 * round / ROUNDS) + 1
        distance, index = tree.query(q, distance_upper_bound=reach)
        turn = np.arctan2(matrix[1, 0], matrix[0, 0])
        found = np.isfinite(distance)
        off = abs(
            (
                angle
                + turn
                - target.marks.bin_angle[np.minimum(index, len(target.marks.points) - 1)]
                + np.pi / 2
            )
            % np.pi
            - np.pi / 2
        )
        found &= off < 0.5
        if found.sum() < FEWEST:
            break
        matrix = similarity(points[found], target.marks.points[index[found]])
        now = score(matrix, source, mask, target)
        if now > best_score:
            best, best_score = matrix, now
    return best, best_score


def similarity(p: Points, q: Points) -> Matrix:
    """The similarity without mirroring that takes p to q best (Umeyama 1991)."""
    a, b = p - p.mean(0), q - q.mean(0)
    c = (a * b).sum() / (a**2).sum()
    s = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / (a**2).sum()
    linear = np.array([[c, -s], [s, c]])
    return np.column_stack([linear, q.mean(0) - linear @ p.mean(0)])
