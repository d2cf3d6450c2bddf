"""Which region of a sheet each region of a page is, as a conditional logit (McFadden 1974).

The regions of the sheet are the choices of each region of the page, the log-odds of a choice are
linear in its ``evidence``, and probabilities of choices of one colour add up to that
colour's. What the neighbours are is asked in a second and third round. The weights were fitted to
DiceBear's train variants by benchmarks/sheet_fit.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorrl.pages.sheet.assignment import Placement
from colorrl.pages.sheet.evidence import evidence, neighbors
from colorrl.pages.sheet.graph import Array, Graph, graph_of
from colorrl.pages.sheet.sheet import Sheet
from colorrl.regions.graph import Labels

ROUNDS = 2
FIRST = {
    "placed": 0.51,
    "elsewhere": -1.85,
    "covered": -0.08,
    "iou": 1.67,
    "of_page": 1.56,
    "of_sheet": 3.0,
    "open": 1.64,
    "distance": -0.62,
    "size": -0.01,
    "rim": -1.78,
}
AFTER = {
    "placed": 0.2,
    "elsewhere": -1.43,
    "covered": -0.58,
    "iou": 1.42,
    "of_page": 1.64,
    "of_sheet": 2.73,
    "open": 1.43,
    "distance": -0.32,
    "size": -0.07,
    "rim": -1.67,
    "figure": 0.89,
    "beside": 1.08,
}


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision on one page is made from."""

    given: dict[str, Array]  # evidence, (R+1, S+1) each
    home: NDArray[np.int64]  # (S+1,) figure of each region of the sheet
    page: Graph
    drawn: Graph
    choices: NDArray[np.bool_]  # (S+1,) regions of the sheet that a region of the page can be
    color: NDArray[np.int64]  # (S+1,) the colour of each, paper being one


def read(
    sheet: Sheet,
    map_: Labels,
    found: list[Placement],
    region_index: Labels,
    background: int,
    n_regions: int,
) -> Case:
    """The case of a page of regions ``region_index`` (H, W) with figures of ``map_`` ``found``."""
    n = len(sheet.colors) - 1
    page, drawn = (
        graph_of(region_index, background, n_regions),
        graph_of(sheet.region_index, sheet.background, n),
    )
    home = home_of(sheet, map_)
    choices = (drawn.area > 0) & (home > 0)
    choices[0] = False
    if sheet.bare[sheet.background]:
        choices[sheet.background] = False
    colors = np.where(sheet.bare[:, None], -1, sheet.colors.astype(np.int64))
    _, color = np.unique(colors, axis=0, return_inverse=True)
    given = evidence(sheet, drawn, home, found, region_index, page)
    return Case(given, home, page, drawn, choices, color.ravel())


def home_of(sheet: Sheet, map_: Labels) -> NDArray[np.int64]:
    """(S+1,) the figure in ``map_`` that holds most of each region of the sheet, 0 = none."""
    n, k = len(sheet.colors), int(map_.max()) + 1
    table = np.bincount(sheet.region_index.ravel() * k + map_.ravel(), minlength=n * k)
    return np.asarray(table.reshape(n, k).argmax(1))


def decide(case: Case) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(R+1,) each region's counterpart on the sheet, 0 = none, and the probability of its colour.

    Figures count as standing where they were placed: ``match`` asks whether others might.
    """
    n = len(case.page.area)
    if not case.choices.any():
        return np.zeros(n, np.int64), np.zeros(n, np.float32)
    belief = believed(case.given, FIRST, case.choices)
    for _ in range(ROUNDS):
        message = neighbors(belief, case.home, case.page, case.drawn)
        belief = believed(case.given | message, AFTER, case.choices)
    one_hot = case.color[:, None] == np.arange(case.color.max() + 1)
    by_color = belief @ one_hot
    best = by_color.argmax(1)
    region = np.where(case.color[None] == best[:, None], belief, -1).argmax(1)
    likely = by_color.max(1)
    nobody = [0, case.page.background]
    region[nobody], likely[nobody] = 0, 0
    return region, likely.astype(np.float32)


def believed(
    given: dict[str, Array], weights: dict[str, float], choices: NDArray[np.bool_]
) -> Array:
    """(R+1, S+1) the probability of each choice, 0 for what is none."""
    odds = sum(weight * given[name] for name, weight in weights.items())
    odds = np.where(choices, odds, -np.inf)
    likely = np.exp(odds - odds.max(1, keepdims=True))
    return np.asarray(likely / likely.sum(1, keepdims=True))
