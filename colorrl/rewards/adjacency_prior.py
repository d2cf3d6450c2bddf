"""Adjacency without a truth: neighbours differ about as often as in real flats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from colorrl.color import delta_e_2000
from colorrl.rewards.adjacency import at_ends, ends
from colorrl.rewards.reading import PAPER, Reading, asked_palette
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class AdjacencyPrior:
    """least + (1 - least) min(1, D / usual), in [0, 1].

    D = sum_ij l_ij min(1, d00(c_i, c_j) / full) / sum_ij l_ij over edges between enclosed regions,
    l the contact length: the share of contact where colours differ. ``usual`` is a D that nearly
    all real flats reach and ``least`` what a drawing without any difference keeps, since such flats
    exist. There is no upper bound: half of the real drawings differ everywhere. A region within
    ``near_paper`` dE of paper counts only where the palette has such an entry: blank is no colour,
    and leaving a region blank must not pay for a difference. 1 where no two of them touch. Cheated
    by a 4-colour map; palette and recall stop that.
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
        differ = (delta_e_2000(*ends(reading.center, regions.edges)) / self.full).clamp(max=1)
        inner = (regions.edges != regions.background.view(-1, 1, 1)).all(2)  # (N, E)
        blank = self._blank(reading, sketch)
        inner = inner & ~(
            blank.gather(1, regions.edges[..., 0]) | blank.gather(1, regions.edges[..., 1])
        )
        length = regions.contact * inner
        share = length / length.sum(1, keepdim=True).clamp(min=1e-6)
        lack = (1 - (share * differ).sum(1, keepdim=True) / self.usual) * (share.sum(1) > 0)[
            :, None
        ]
        at_end = at_ends(share, regions.edges, regions.n_slots)
        region = at_ends(share * differ, regions.edges, regions.n_slots) / at_end.clamp(min=1e-6)
        sensitivity = at_end * (lack > 0) * (1 - self.least) / self.usual
        return TermScore(1 - (1 - self.least) * lack.clamp(min=0).squeeze(1), region, sensitivity)

    def _blank(self, reading: Reading, sketch: SketchBatch) -> Tensor:
        """(N, R+1) bool, regions that look like paper where no entry does."""
        entries, share = asked_palette(sketch, "adjacency_prior")
        paper = entries.new_tensor(PAPER)
        white = (delta_e_2000(entries, paper) < self.near_paper) & (share > 0)
        return (delta_e_2000(reading.center, paper) < self.near_paper) & ~white.any(1, keepdim=True)
