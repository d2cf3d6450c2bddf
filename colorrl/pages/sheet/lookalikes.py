"""Figures of a sheet that look alike, and what each would give the regions of the other.

Of two characters of one hand a page with other hair and another face does not show which it is:
scores of their placements differ, and say little (experiments/sheet). So figures of the sheet are
laid on each other, as on a page. Where two look alike, a region is certain if both give it one
colour, whichever of them stands there, and else it is not, whatever the scores are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.pages.sheet.assignment import Placement
from colorrl.pages.sheet.logit import decide, home_of, read
from colorrl.pages.sheet.registration import Source, laid, target_of
from colorrl.pages.sheet.sheet import Sheet
from colorrl.pages.vote import AGREE
from colorrl.regions.graph import Labels

# figures look alike if each, laid on the other, scores this: of 75 pairs of two styles none does,
# of 60 pairs of one style 41 (DiceBear, train variants)
ALIKE = 0.46


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """What the figures that look like a region's own say of its colour; for each of S regions of a
    sheet, both False where no figure does."""

    same: NDArray[np.bool_]  # (S+1,) a figure has the same there
    other: NDArray[np.bool_]  # (S+1,) a figure has another, or nothing


def lookalikes(sheet: Sheet, figures: Labels, known: Sequence[Source]) -> Lookalikes:
    """Of each region of ``sheet``, whose ``figures`` (H, W; 0 = none) are ``known`` as sources."""
    home = home_of(sheet, figures)
    same, other = np.zeros((2, len(home)), bool)
    for figure, rival in _rivals(sheet, figures, known):
        mine = home == figure
        agree = _agree(sheet, figures, rival)
        same |= mine & agree
        other |= mine & ~agree
    return Lookalikes(same, other)


def _rivals(
    sheet: Sheet, figures: Labels, known: Sequence[Source]
) -> Iterator[tuple[int, Placement]]:
    """Each figure with each that looks like it, as that lies on the figure."""
    ids = range(1, int(figures.max()) + 1)
    if len(ids) < 2:
        return
    targets = {i: target_of(sheet.line, figures == i) for i in ids}
    found: dict[tuple[int, int], list[Placement]] = defaultdict(list)
    for source in known:
        others = {i: target for i, target in targets.items() if i != source.figure}
        for figure, placement in laid(source, others):
            found[figure, source.figure].append(placement)
    best = {key: max(some, key=lambda p: p.score) for key, some in found.items() if some}
    for (figure, rival), placement in best.items():
        back = best.get((rival, figure))
        if back is not None and min(placement.score, back.score) >= ALIKE:
            yield figure, placement


def _agree(sheet: Sheet, figures: Labels, rival: Placement) -> NDArray[np.bool_]:
    """(S+1,) True where ``rival``, matched to the sheet as to a page, gives a region its colour."""
    n = len(sheet.colors) - 1
    case = read(sheet, figures, [rival], sheet.region_index, sheet.background, n)
    region, _ = decide(replace(case, choices=case.choices & (case.home == rival.figure)))
    lab = srgb_to_lab(torch.from_numpy(sheet.colors / np.float32(255)), -1)
    off = delta_e_2000(lab[region], lab).numpy()
    like = np.where(sheet.bare, sheet.bare[region], ~sheet.bare[region] & (off <= AGREE))
    return np.asarray((region > 0) & like)
