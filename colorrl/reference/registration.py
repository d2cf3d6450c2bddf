"""Where the figures of a sheet stand on a page: similarities, mirrored or not, with a score.

Local features of the line art (SIFT; Lowe, IJCV 2004) propose: each pair of like ones gives a
whole transform, from their places, sizes and directions. The lines dispose: of the lines that a
transform lays on each other as many as possible must meet, on both sides. The best are refined
point by point (ICP; Besl and McKay, PAMI 1992, with a similarity as in Umeyama, PAMI 1991), and
those are kept that go together (assignment.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from colorrl.reference.alignment import Matrix, refined, side_of
from colorrl.reference.assignment import Placement, assigned
from colorrl.reference.proposals import proposals
from colorrl.reference.strokes import read_strokes


def placements(
    sheet: NDArray[np.float32], figures: NDArray[np.int32], page: NDArray[np.float32]
) -> list[Placement]:
    """Where ``figures`` (H, W; 0 = none) of the line art ``sheet`` stand on ``page``, best first.

    Both are (H, W) in [0, 1], 1 = paper. A figure may stand there several times, or not at all; no
    two stand at one place.
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
            for matrix in proposals(source, target, side_of(mask)):
                matrix, score = refined(matrix, source, mask, target, tree)
                found.append(Placement(figure, (as_square(matrix) @ back)[:2], score))
    return assigned(found, figures, page.shape)


def mirror(width: int) -> NDArray[np.float64]:
    """(3, 3) left to right on a page of ``width`` px."""
    return np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])


def as_square(matrix: Matrix) -> NDArray[np.float64]:
    return np.vstack([matrix, [0, 0, 1]])
