"""Which region of a sheet each region of a page is, and how sure that is.

Sure is what the logit is sure of, at figures that stand where they were placed for certain: no
other figure may explain the page nearly as well, and none of the sheet may look like it in another
colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from colorrl.pages.sheet.logit import Case, decide, read
from colorrl.pages.sheet.lookalikes import Lookalikes, lookalikes
from colorrl.pages.sheet.registration import Source, placements, sources
from colorrl.pages.sheet.sheet import Sheet, figures, fitting, reduced, shrunk
from colorrl.regions.graph import Labels

# of the colour: no more than that is a toss between two, and a region keeps the generator's
SURE = 0.5
# margin of a placement below which another figure may as well stand there: hardly more than half of
# such placements were right among characters of one style whose hair and expression were redrawn
TOLD_APART = 0.2


@dataclass(frozen=True, slots=True)
class Matches:
    """What each of a page's R regions is on the sheet."""

    region: NDArray[np.int64]  # (R+1,) id on the sheet, 0 = none
    confidence: NDArray[np.float32]  # (R+1,) in [0, 1], that its colour is the right one

    @property
    def sure(self) -> NDArray[np.bool_]:
        """(R+1,) True where the sheet decides."""
        return (self.region > 0) & (self.confidence > SURE)


@dataclass(frozen=True, slots=True)
class Study:
    """What matching knows of a sheet before it sees a page."""

    near: Sheet  # reduced
    figures: Labels  # (H, W) of it, 0 = none
    sources: tuple[Source, ...]
    alike: Lookalikes


@lru_cache(maxsize=2)
def studied(sheet: Sheet) -> Study:
    """``sheet`` looked at once for all pages: laying figures on each other takes seconds."""
    near = reduced(sheet)
    map_ = figures(near)
    known = tuple(sources(near.line, map_))
    return Study(near, map_, known, lookalikes(near, map_, known))


def match(
    sheet: Sheet, line: NDArray[np.float32], region_index: Labels, background: int
) -> Matches:
    """The regions ``region_index`` (H, W) of ``line`` (H, W), 1 = paper, on ``sheet``."""
    known = studied(sheet)
    found = placements(known.sources, known.figures, shrunk(line))
    if max((placement.score for placement in found), default=0.0) < sheet.least:
        return nothing(int(region_index.max()))
    small = fitting(region_index, line)
    case = read(known.near, known.figures, found, small, background, int(region_index.max()))
    return matched(case, known.alike)


def nothing(n_regions: int) -> Matches:
    """No region is on the sheet."""
    return Matches(np.zeros(n_regions + 1, np.int64), np.zeros(n_regions + 1, np.float32))


def matched(case: Case, alike: Lookalikes) -> Matches:
    """What ``decide`` says of ``case``, at half the confidence where another figure may stand."""
    region, likely = decide(case)
    margin = case.given["margin"][np.arange(len(region)), region]
    alone = ~alike.other[region] & (alike.same[region] | (margin >= TOLD_APART))
    return Matches(region, np.where(alone, likely, likely / 2).astype(np.float32))
