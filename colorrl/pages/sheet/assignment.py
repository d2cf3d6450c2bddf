"""Which figure of a sheet stands at which place of a page: all places decided together.

Figures of one hand look alike, and each placement alone would often go to the better drawn one.
So figures are assigned to places for the largest sum of scores (Kuhn 1955), one figure to several
places at a price, and each comes with how much the sum falls if another stood there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from colorrl.pages.sheet.alignment import Matrix
from colorrl.regions.graph import Labels

# a placement must lay this share of the lines on each other
MIN_SCORE = 0.4
# and leave this share of its figure to it that better ones do not cover
MIN_FREE = 0.5
# intersection over union of two placements from which on they are rivals for one place
ONE_PLACE = 0.3
# score that a figure's second place costs: a page may show a character twice
REPEATED = 0.3


@dataclass(frozen=True, slots=True)
class Placement:
    """One figure of the sheet on the page."""

    figure: int  # id in the sheet's map of figures
    matrix: Matrix  # from the sheet to the page, px
    score: float  # in [0, 1], share of the lines that meet
    margin: float = 0.0  # what the scores of all places lose if another figure stood here


def assigned(
    found: Sequence[Placement], figures: Labels, shape: tuple[int, int]
) -> list[Placement]:
    """One of ``found`` for each place of a page of ``shape``, best first, with its margin."""
    places = _places(found, figures, shape)
    if not places:
        return []
    gain = np.zeros((len(places), int(figures.max()) + 1))
    for row, rivals in zip(gain, places, strict=True):
        for figure, placement in rivals.items():
            row[figure] = placement.score
    return sorted(_best(places, gain), key=lambda p: -p.score)


def _places(
    found: Sequence[Placement], figures: Labels, shape: tuple[int, int]
) -> list[dict[int, Placement]]:
    """Of each place its best placement of each figure."""
    masks: list[NDArray[np.bool_]] = []
    places: list[dict[int, Placement]] = []
    taken = np.zeros(shape, bool)
    for placement in sorted(found, key=lambda p: -p.score):
        mask = warped((figures == placement.figure).astype(np.uint8), placement.matrix, shape) > 0
        shared = [(mask & m).sum() / max((mask | m).sum(), 1) for m in masks]
        if shared and max(shared) >= ONE_PLACE:
            places[int(np.argmax(shared))].setdefault(placement.figure, placement)
        elif placement.score >= MIN_SCORE and _is_free(mask, taken):
            taken |= mask
            masks.append(mask)
            places.append({placement.figure: placement})
    return places


def _is_free(mask: NDArray[np.bool_], taken: NDArray[np.bool_]) -> bool:
    return bool(mask.any() and (mask & ~taken).sum() >= MIN_FREE * mask.sum())


def _best(places: Sequence[dict[int, Placement]], gain: NDArray[np.float64]) -> Iterator[Placement]:
    total, figures = _assign(gain)
    for place, (rivals, figure) in enumerate(zip(places, figures, strict=True)):
        if figure in rivals:
            without = gain.copy()
            without[place, figure] = 0
            yield replace(rivals[figure], margin=total - _assign(without)[0])


def _assign(gain: NDArray[np.float64]) -> tuple[float, list[int]]:
    """The largest sum of ``gain`` (P, F), and the figure at each place."""
    n_places, n_figures = gain.shape
    again = np.maximum(gain - REPEATED, 0)
    every = np.concatenate([gain, *[again] * (n_places - 1)], 1)
    rows, columns = linear_sum_assignment(every, maximize=True)
    return float(every[rows, columns].sum()), (columns % n_figures).tolist()


def warped(image: NDArray, matrix: Matrix, shape: tuple[int, int]) -> NDArray:
    """``image`` on a page of ``shape``, 0 where it has nothing; pixels keep their values."""
    return cv2.warpAffine(image, matrix, shape[::-1], flags=cv2.INTER_NEAREST)
