"""Where the figures of a sheet stand on a page: similarities, mirrored or not, with a score.

Local features of the line art (SIFT; Lowe, IJCV 2004) propose: each pair of like ones gives a
whole transform, from their places, sizes and directions. The lines dispose: of the lines that a
transform lays on each other as many as possible must meet, on both sides. The best are refined
point by point (ICP; Besl and McKay, PAMI 1992, with a similarity as in Umeyama, PAMI 1991), and
those are kept that go together (assignment.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from colorrl.pages.sheet.alignment import Matrix, refined, side_of
from colorrl.pages.sheet.assignment import Placement, assigned
from colorrl.pages.sheet.proposals import proposals
from colorrl.pages.sheet.strokes import Marks, Strokes, read_marks


@dataclass(frozen=True, slots=True)
class Source:
    """A figure of a sheet, perhaps mirrored."""

    figure: int  # its id
    mask: NDArray[np.bool_]  # (H, W)
    marks: Marks
    back: NDArray[np.float64]  # (3, 3) from the sheet to the mirrored one


Target = tuple[Strokes, cKDTree]  # lines and, to find near ones, their points


def placements(
    known: Iterable[Source], figures: NDArray[np.int32], page: NDArray[np.float32]
) -> list[Placement]:
    """Where ``figures`` (H, W; 0 = none) of a sheet, ``known`` as `sources`, stand on ``page``.

    ``page`` (H, W) in [0, 1], 1 = paper. Best first. A figure may stand there several times, or not
    at all; no two stand at one place.
    """
    target = {0: target_of(page)}
    found = [p for source in known for _, p in laid(source, target)]
    return assigned(found, figures, page.shape)


def sources(sheet: NDArray[np.float32], figures: NDArray[np.int32]) -> Iterator[Source]:
    """Each of ``figures`` (H, W; 0 = none) of the line art ``sheet``, then each mirrored."""
    for mirrored in (False, True):
        line, figure_map = (a[:, ::-1] if mirrored else a for a in (sheet, figures))
        back = mirror(sheet.shape[1]) if mirrored else np.eye(3)
        for figure in range(1, int(figures.max()) + 1):
            mask = np.ascontiguousarray(figure_map == figure)
            yield Source(figure, mask, read_marks(np.ascontiguousarray(line), mask), back)


def target_of(line: NDArray[np.float32], mask: NDArray[np.bool_] | None = None) -> Target:
    """The lines of ``line`` (H, W), those inside ``mask`` alone, as figures are laid on them."""
    marks = read_marks(line, mask)
    return Strokes.of(marks), cKDTree(marks.points)


def laid(source: Source, targets: Mapping[int, Target]) -> Iterator[tuple[int, Placement]]:
    """Where ``source`` may stand on each of ``targets``: the target's key and a placement."""
    strokes = None  # its distance maps, made once and only where something is proposed
    for key, target in targets.items():
        for start in proposals(source.marks, target[0], side_of(source.mask)):
            strokes = strokes or Strokes.of(source.marks)
            matrix, score = refined(start, strokes, source.mask, *target)
            yield key, Placement(source.figure, (as_square(matrix) @ source.back)[:2], score)


def mirror(width: int) -> NDArray[np.float64]:
    """(3, 3) left to right on a page of ``width`` px."""
    return np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])


def as_square(matrix: Matrix) -> NDArray[np.float64]:
    return np.vstack([matrix, [0, 0, 1]])
