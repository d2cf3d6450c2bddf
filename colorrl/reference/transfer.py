"""Colours of a sheet on the regions of a page, by where its figures stand there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorrl.reference.registration import Placement, side_of, warped
from colorrl.reference.sheet import Sheet

# a region belongs to the figure that covers this share of it
COVERED = 0.3
# what a region votes for by place, and by likeness of place, size and neighbours
LIKENESS = 0.5
# two regions that cover each other so far are the same one, and vote for no other
SAME = 0.6


@dataclass(frozen=True, slots=True)
class Matches:
    """What each of a page's R regions is on the sheet."""

    region: NDArray[np.int64]  # (R+1,) id on the sheet, 0 = none found
    confidence: NDArray[np.float32]  # (R+1,) in [0, 1]


def matched(sheet: Sheet, figures: NDArray[np.int32], found: Sequence[Placement], owner: NDArray[np.int32]) -> Matches:
    """The regions of ``owner`` (H, W) by the placements ``found``, best first."""
    n = int(owner.max()) + 1
    region, confidence = np.zeros(n, np.int64), np.zeros(n, np.float32)
    area = np.bincount(owner.ravel(), minlength=n)
    best = np.zeros(n)
    for placement in found:
        ids = np.where(figures == placement.figure, sheet.owner, 0)
        there = warped(ids, placement.matrix, owner.shape)
        table = np.bincount(owner.ravel() * len(sheet.colours) + there.ravel(), minlength=n * len(sheet.colours)).reshape(n, -1)
        table[0] = 0
        around = sheet.background if sheet.bare[sheet.background] else 0
        inside = table.copy(); inside[:, [0, around]] = 0
        mine = inside.sum(1) / np.maximum(area, 1)
        rows = np.flatnonzero((mine >= COVERED) & (mine * placement.score > best))
        if not len(rows): continue
        votes, sure = _votes(sheet, placement, inside, area, rows, there, owner)
        region[rows], confidence[rows] = votes, sure * placement.score
        best[rows] = (mine * placement.score)[rows]
    return Matches(region, confidence)


def _votes(sheet, placement, inside, area, rows, there, owner):
    seen = np.bincount(there.ravel(), minlength=len(sheet.colours))
    iou = inside / np.maximum(area[:, None] + seen[None] - inside, 1)
    taken = iou.max(0)
    share = inside / np.maximum(area, 1)[:, None]
    # what a sheet region still has to give: less where another region of the page is that one
    own = iou[rows]
    other = np.where(taken[None] > own + 1e-9, np.where(taken >= SAME, taken, 0)[None], 0)
    value = own + LIKENESS * share[rows] * (1 - other)
    key = np.array([-1 if b else (int(r) << 16 | int(g) << 8 | int(bl)) for b, (r, g, bl) in zip(sheet.bare, sheet.colours)])
    _, group = np.unique(key, return_inverse=True)
    total = np.zeros((len(rows), group.max() + 1))
    for s in range(value.shape[1]):
        total[:, group[s]] += value[:, s]
    winner = total.argmax(1)
    masked = np.where(group[None] == winner[:, None], value, -1)
    ranked = np.sort(total, 1)
    margin = (ranked[:, -1] - (ranked[:, -2] if total.shape[1] > 1 else 0)) / np.maximum(ranked[:, -1], 1e-9)
    return masked.argmax(1), margin
