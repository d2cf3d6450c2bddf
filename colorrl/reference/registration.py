"""Where the figures of a sheet stand on a page: similarities, mirrored or not, with a score.

Local features of the line art (SIFT; Lowe, IJCV 2004) propose: each pair of like ones gives a
whole transform, from their places, sizes and directions. The lines dispose: of the lines that a
transform lays on each other as many as possible must meet, on both sides. The best are refined
point by point (ICP; Besl and McKay, PAMI 1992, with a similarity as in Umeyama, PAMI 1991).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from colorrl.reference.strokes import Strokes, bin_of, read_strokes

Matrix = NDArray[np.float64]  # (2, 3), maps column vectors (x, y, 1)
Points = NDArray[np.float64]  # (P, 2) x, y in pixels

# like features on the page that each feature of the sheet is tried with
NEAREST = 6
# as many proposals go on: to all points of the line, and of these to the refinement
TRIED, REFINED = 80, 8
FEWEST = 12  # points that meet: fewer fix no similarity
# figures are drawn up to so many times as large on a page, or as small
MAX_SCALE = 4.0
# turned features propose no figure that is turned by more, degrees
MAX_TURN = 40.0
# lines meet within this share of the figure's side
NEAR = 0.012
# share of the figure's lines that must lie on the page
MIN_SHOWN = 0.5


# a placement must lay this share of the lines on each other
MIN_SCORE = 0.4
# and leave this share of its figure to it that better ones do not cover
MIN_FREE = 0.5
# points of the line that are tried, looked at in a refinement, and its rounds
FEW, MANY, ROUNDS = 64, 400, 6


@dataclass(frozen=True, slots=True)
class Placement:
    """One figure of the sheet on the page."""

    figure: int  # id in the sheet's map of figures
    matrix: Matrix  # from the sheet to the page, px
    score: float  # in [0, 1], share of the lines that meet


def placements(
    sheet: NDArray[np.float32], figures: NDArray[np.int32], page: NDArray[np.float32]
) -> list[Placement]:
    """Where ``figures`` (H, W; 0 = none) of the line art ``sheet`` stand on ``page``, best first.

    Both are (H, W) in [0, 1], 1 = paper. A figure may stand there several times, or not at all;
    of two that cover each other the better one stays.
    """
    target = read_strokes(page)
    tree = cKDTree(target.points)
    found = []
    for mirrored in (False, True):
        line, figure_map = (a[:, ::-1] if mirrored else a for a in (sheet, figures))
        back = mirror(sheet.shape[1]) if mirrored else np.eye(3)
        for figure in range(1, int(figures.max()) + 1):
            mask = np.ascontiguousarray(figure_map == figure)
            source = read_strokes(np.ascontiguousarray(line), mask)
            for matrix in _proposals(source, target, side_of(mask)):
                matrix, score = _refined(matrix, source, mask, target, tree)
                found.append(Placement(figure, (as_square(matrix) @ back)[:2], score))
    return _apart(found, figures, page.shape)


def mirror(width: int) -> NDArray[np.float64]:
    """(3, 3) left to right on a page of ``width`` px."""
    return np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])


def as_square(matrix: Matrix) -> NDArray[np.float64]:
    return np.vstack([matrix, [0, 0, 1]])


def side_of(mask: NDArray[np.bool_]) -> float:
    """The longer side of what ``mask`` covers, px."""
    spans = [np.flatnonzero(mask.any(axis)) for axis in (0, 1)]
    return float(max(s[-1] - s[0] + 1 for s in spans))


def _proposals(source: Strokes, target: Strokes, side: float) -> list[Matrix]:
    """The transforms that pairs of like features give, the best REFINED that differ."""
    if min(len(source.feature), len(target.feature)) == 0:
        return []
    if min(len(source.points), len(target.points)) < FEWEST:  # hardly a line
        return []
    like = cv2.BFMatcher().knnMatch(source.feature, target.feature, k=NEAREST)
    a, b = np.array([(m.queryIdx, m.trainIdx) for row in like for m in row]).T
    scale = target.size[b] / source.size[a]
    turn = (target.angle[b] - source.angle[a] + 180) % 360 - 180
    fits = (abs(np.log(scale)) < np.log(MAX_SCALE)) & (abs(turn) < MAX_TURN)
    matrices = _from_features(source.places[a], target.places[b], scale, turn)[fits]
    if not len(matrices):
        return []
    few = _spread(source, FEW)
    rough = np.array([_forward(m, source, few, target, side, 2.0) for m in matrices])
    order = np.argsort(-rough)[:TRIED]
    many = _spread(source, MANY)
    fine = np.array([_forward(m, source, many, target, side, 2.0) for m in matrices[order]])
    return _unlike(matrices[order[np.argsort(-fine)]], source, side)


def _from_features(p: Points, q: Points, scale: NDArray, turn: NDArray) -> NDArray[np.float64]:
    """(M, 2, 3): each takes p to q, at that scale, turned by so many degrees."""
    c, s = scale * np.cos(np.radians(turn)), scale * np.sin(np.radians(turn))
    linear = np.stack([np.stack([c, -s], 1), np.stack([s, c], 1)], 1)
    return np.concatenate([linear, (q - np.einsum("mij,mj->mi", linear, p))[..., None]], 2)


def _spread(strokes: Strokes, n: int) -> NDArray[np.int64]:
    """Indices of ``n`` of the points, evenly along their order."""
    return np.unique(np.linspace(0, len(strokes.points) - 1, n).astype(np.int64))


def _forward(
    matrix: Matrix,
    source: Strokes,
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
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
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


def _unlike(matrices: NDArray[np.float64], source: Strokes, side: float) -> list[Matrix]:
    """The first REFINED of ``matrices`` that take the figure's corners to other places."""
    low, high = source.points.min(0), source.points.max(0)
    corners = np.array(
        [[low[0], low[1], 1], [high[0], low[1], 1], [low[0], high[1], 1], [*high, 1]]
    )
    kept: list[Matrix] = []
    ends: list[NDArray] = []
    for matrix in matrices:
        end = corners @ matrix.T
        reach = np.sqrt(abs(np.linalg.det(matrix[:, :2]))) * side * 0.06
        if all(abs(end - other).max() > reach for other in ends):
            kept.append(matrix)
            ends.append(end)
        if len(kept) == REFINED:
            break
    return kept


def _refined(
    matrix: Matrix, source: Strokes, mask: NDArray[np.bool_], target: Strokes, tree: cKDTree
) -> tuple[Matrix, float]:
    """``matrix`` moved until its lines meet best, and its score."""
    side = side_of(mask)
    which = _spread(source, MANY)
    points, angle = source.points[which], source.bin_angle[which]
    best, best_score = matrix, score(matrix, source, mask, target)
    for round in range(ROUNDS):
        scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
        q = points @ matrix[:, :2].T + matrix[:, 2]
        reach = NEAR * side * scale * (4 - 2.5 * round / ROUNDS) + 1
        distance, index = tree.query(q, distance_upper_bound=reach)
        turn = np.arctan2(matrix[1, 0], matrix[0, 0])
        found = np.isfinite(distance)
        off = abs(
            (angle + turn - target.bin_angle[np.minimum(index, len(target.points) - 1)] + np.pi / 2)
            % np.pi
            - np.pi / 2
        )
        found &= off < 0.5
        if found.sum() < FEWEST:
            break
        matrix = similarity(points[found], target.points[index[found]])
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


def score(matrix: Matrix, source: Strokes, mask: NDArray[np.bool_], target: Strokes) -> float:
    """How well the figure's lines meet the page's, and the page's there the figure's."""
    side = side_of(mask)
    which = _spread(source, MANY)
    there = _forward(matrix, source, which, target, side, 1.0)
    back = np.asarray(cv2.invertAffineTransform(matrix), np.float64)
    p = np.rint(target.points @ back[:, :2].T + back[:, 2]).astype(np.int64)
    inside: NDArray[np.bool_] = np.all((p >= 0) & (p < mask.shape[::-1]), axis=1)
    inside[inside] = mask[p[inside, 1], p[inside, 0]]
    at = np.flatnonzero(inside)
    if len(at) < 12:
        return 0.0
    at = at[:: max(1, len(at) // MANY)]
    value, _ = meeting(
        back,
        target.points[at],
        target.bin_angle[at],
        source,
        side / np.sqrt(abs(np.linalg.det(back[:, :2]))),
        1.0,
    )
    here = value.mean()
    return float(2 * there * here / max(there + here, 1e-9))


def _apart(
    found: list[Placement], figures: NDArray[np.int32], shape: tuple[int, int]
) -> list[Placement]:
    """The best of ``found`` that do not cover each other."""
    taken = np.zeros(shape, bool)
    kept = []
    for placement in sorted(found, key=lambda p: -p.score):
        if placement.score < MIN_SCORE:
            break
        mask = warped((figures == placement.figure).astype(np.uint8), placement.matrix, shape) > 0
        if (mask & ~taken).sum() < MIN_FREE * mask.sum() or not mask.any():
            continue
        taken |= mask
        kept.append(placement)
    return kept


def warped(image: NDArray, matrix: Matrix, shape: tuple[int, int]) -> NDArray:
    """``image`` on a page of ``shape``, 0 where it has nothing; pixels keep their values."""
    return cv2.warpAffine(image, matrix, shape[::-1], flags=cv2.INTER_NEAREST)
