"""Adjacency without a truth: neighbours differ about as often as in real flats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from colorrl.color import delta_e_2000
from colorrl.rewards.adjacency import at_ends, ends
from colorrl.rewards.reading import PAPER, Reading, asked_palette, inside_share
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class AdjacencyPrior:
    """least + (1 - least) min(1, D / usual), in [0, 1].

    D = sum_ij l_ij min(1, d00(c_i, c_j) / full) / sum_ij l_ij over edges between enclosed regions,
    l the contact length: the share of contact where colours differ. ``usual`` is a D that nearly
    all real flats reach and ``least`` what a drawing without any difference keeps, since such flats
    exist. There is no upper bound: half of the real drawings differ everywhere. Leaving a region
    blank must not pay for a difference: regions within ``near_paper`` dE of paper do not count
    where the palette has no such entry. Where it has, the differences of the largest of them count,
    up to the area that is asked for; the others are taken for like their neighbours. 1 where no two
    regions touch. Cheated by a 4-colour map; palette and recall stop that.
    """

    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    full: float
    usual: float
    least: float
    near_paper: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        regions = sketch.regions
        white = self._white(sketch)  # (N, 1)
        blank = delta_e_2000(reading.center, reading.center.new_tensor(PAPER)) < self.near_paper
        differ = (delta_e_2000(*ends(reading.center, regions.edges)) / self.full).clamp(max=1)
        differ = differ * _lower_end(as_asked(blank, inside_share(regions), white), regions.edges)
        inner = (regions.edges != regions.background.view(-1, 1, 1)).all(2)  # (N, E)
        inner = inner & _lower_end(~blank | (white > 0), regions.edges)
        length = regions.contact * inner
        share = length / length.sum(1, keepdim=True).clamp(min=1e-6)
        lack = (1 - (share * differ).sum(1, keepdim=True) / self.usual) * (share.sum(1) > 0)[
            :, None
        ]
        at_end = at_ends(share, regions.edges, regions.n_slots)
        region = at_ends(share * differ, regions.edges, regions.n_slots) / at_end.clamp(min=1e-6)
        sensitivity = at_end * (lack > 0) * (1 - self.least) / self.usual
        return TermScore(1 - (1 - self.least) * lack.clamp(min=0).squeeze(1), region, sensitivity)

    def _white(self, sketch: SketchBatch) -> Tensor:
        """(N, 1) share that entries which look like paper are asked for."""
        entries, share = asked_palette(sketch, "adjacency_prior")
        near = delta_e_2000(entries, entries.new_tensor(PAPER)) < self.near_paper
        return (share * near).sum(1, keepdim=True)


def as_asked(blank: Tensor, area: Tensor, white: Tensor) -> Tensor:
    """(N, R+1) how much of each region is no more blank than was asked for, in [0, 1].

    ``blank`` (N, R+1) bool, ``area`` (N, R+1) of the regions and ``white`` (N, 1) in shares of the
    enclosed area. The largest blank regions come first; one that ``white`` ends in has its share.
    """
    bare = area * blank
    order = bare.argsort(dim=1, descending=True, stable=True)
    before = bare.gather(1, order).cumsum(1).gather(1, order.argsort(1)) - bare
    return torch.where(blank, ((white - before) / bare.clamp(min=1e-6)).clamp(0, 1), 1.0)


def _lower_end(values: Tensor, edges: Tensor) -> Tensor:
    """(N, E) the lesser of ``values`` (N, R+1) at the two ends of ``edges`` (N, E, 2)."""
    return values.gather(1, edges[..., 0]).minimum(values.gather(1, edges[..., 1]))
