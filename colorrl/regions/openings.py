"""Large areas that the paper around a drawing runs into through a gap too wide to close."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from colorrl.regions.gaps import Trace, close_gaps
from colorrl.regions.graph import areas, background_id
from colorrl.regions.ink import Mask, line_width
from colorrl.regions.repair import find_repairs
from colorrl.types import Partition

SIDE = 512  # pixels of the longer side at which a page is looked at
# balls that find a gap, the smallest that does: their radii as shares of the longer side
BALLS = (0.02, 0.03, 0.045, 0.065)
# of the page: smaller areas are not missed
LARGE = 0.015
WAS_PAPER = 0.8  # share of an area that the paper owns


@dataclass(frozen=True, slots=True)
class Opening:
    """A gap on the page, the ``gap`` that closes it, both in pixels, and the share of the page that
    lies open behind it."""

    x: int
    y: int
    gap: float
    share: float


def openings(ink: Mask, regions: Partition) -> Iterator[Opening]:
    """The gaps through which the background of ``regions`` enters large areas of ``ink`` (H, W)."""
    if regions.background == 0:
        return
    step = -(-max(ink.shape) // SIDE)
    coarse = _coarse(ink, step)
    paper = regions.region_index.numpy()[::step, ::step][: coarse.shape[0], : coarse.shape[1]]
    paper = paper == regions.background
    for ball in BALLS:
        radius = max(1, round(ball * max(coarse.shape)))
        found = list(_found(coarse, paper, radius))
        for x, y, share in found:
            yield Opening(x * step, y * step, 2.0 * radius * step, share)
        if found:
            return


def _found(coarse: Mask, paper: Mask, radius: int) -> Iterator[tuple[int, int, float]]:
    """Column and row of the gaps that a ball of ``radius`` px closes, and the share behind each."""
    trace = Trace()
    label = close_gaps(coarse, line_width(coarse), radius, 4, trace)
    outside = background_id(np.where(paper, label, 0))
    share = areas(label) / label.size
    was = np.bincount(label.ravel(), weights=paper.ravel(), minlength=len(share)) / label.size
    found = (share >= LARGE) & (was >= WAS_PAPER * share)
    found[[0, outside]] = False
    if not found.any():
        return
    repair = find_repairs(label, trace)
    for region in np.flatnonzero(found).tolist():
        gaps = (repair.gap_regions == region).any(1) & (repair.gap_regions == outside).any(1)
        if gaps.any():
            widest = np.flatnonzero(gaps)[repair.gap_length[gaps].argmax()]
            x, y = repair.gap[widest].mean(0).astype(int).tolist()
            yield x, y, float(share[region])


def _coarse(ink: Mask, step: int) -> Mask:
    """``ink`` with each ``step`` x ``step`` pixels as one: ink if any is."""
    rows, columns = -(-ink.shape[0] // step), -(-ink.shape[1] // step)
    down = np.logical_or.reduceat(ink, np.arange(rows) * step, axis=0)
    return np.asarray(np.logical_or.reduceat(down, np.arange(columns) * step, axis=1))
