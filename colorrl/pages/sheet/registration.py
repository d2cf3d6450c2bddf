"""Where the figures of a sheet stand on a page: similarities, mirrored or not, with a score.

Local features of the line art (SIFT; Lowe, IJCV 2004) propose: each pair of like ones gives a
whole transform, from their places, sizes and directions. The lines dispose: of the lines that a
transform lays on each other as many as possible must meet, on both sides. The best are refined
point by point (ICP; Besl and McKay, PAMI 1992, with a similarity as in Umeyama, PAMI 1991), and
those are kept that go together (assignment.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from colorrl.pages.sheet.alignment import Matrix, refined, side_of
from colorrl.pages.sheet.assignment import Placement, assigned
from colorrl.pages.sheet.proposals import proposals
from colorrl.pages.sheet.strokes import Strokes, read_strokes


@dataclass(frozen=True, slots=True)
class Source:
    """A figure of a sheet, perhaps mirrored."""

    figure: int  # its id
    mask: NDArray[np.bool_]  # (H, W)
    strokes: Strokes
    back: NDArray[np.float64]  # (3, 3) from the sheet to the mirrored one


Target = tuple[Strokes, cKDTree]  # lines and, to find near ones, their points


def placements(
    sheet: NDArray[np.float32], figures: NDArray[np.int32], page: NDArray[np.float32]
) -> list[Placement]:
    """Where ``figures`` (H, W; 0 = none) of the line art ``sheet`` stand on ``page``, best first.

    Both are (H, W) in [0, 1], 1 = paper. A figure may stand there several times, or not at all; no
    two stand at one place.
    """
    target = target_of(page)
    found = [p for source in sources(sheet, figures) for p in laid(source, target)]
    return assigned(found, figures, page.shape)


def sources(sheet: NDArray[np.float32], figures: NDArray[np.int32]) -> Iterator[Source]:
    """Each of ``figures`` as it is drawn, then each mirrored."""
    for mirrored in (False, True):
        line, figure_map = (a[:, ::-1] if mirrored else a for a in (sheet, figures))
        back = mirror(sheet.shape[1]) if mirrored else np.eye(3)
        for figure in range(1, int(figures.max()) + 1):
            mask = np.ascontiguousarray(figure_map == figure)
            yield Source(figure, mask, read_strokes(np.ascontiguousarray(line), mask), back)


def target_of(line: NDArray[np.float32], mask: NDArray[np.bool_] | None = None) -> Target:
    """The lines of ``line`` (H, W), those inside ``mask`` alone, as figures are laid on them."""
    strokes = read_strokes(line, mask)
    return strokes, cKDTree(strokes.points)


def laid(source: Source, target: Target) -> Iterator[Placement]:
    """Where ``source`` may stand, in no order."""
    for start in proposals(source.strokes, target[0], side_of(source.mask)):
        matrix, score = refined(start, source.strokes, source.mask, *target)
        yield Placement(source.figure, (as_square(matrix) @ source.back)[:2], score)


def mirror(width: int) -> NDArray[np.float64]:
    """(3, 3) left to right on a page of ``width`` px."""
    return np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])


def as_square(matrix: Matrix) -> NDArray[np.float64]:
    return np.vstack([matrix, [0, 0, 1]])
