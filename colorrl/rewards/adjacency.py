"""Adjacency: neighbours differ where they should and match where they should."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from colorrl.color import delta_e_76, delta_e_2000
from colorrl.rewards.grouping import agreement
from colorrl.rewards.reading import Reading, truth_of
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class Adjacency:
    """sum_ij l_ij a_ij / sum_ij l_ij over edges of contact length l, in [0, 1].

    a_ij is grouping's agreement of two neighbours. Edges to the background count. "Neighbours
    must differ" alone would prefer a 4-colour map to real flats, where a third of the contact
    length is between pieces of one colour. ``full`` and ``tolerance`` in dE, as in grouping.
    1 where nothing touches. Cheated by permuting colours; accuracy stops that.
    """

    sees_truth: ClassVar[bool] = True
    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    full: float
    tolerance: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        regions = sketch.regions
        ours = ends(reading.center, regions.edges)
        true = ends(truth_of(reading, sketch, "adjacency"), regions.edges)
        alike = (delta_e_76(*true) < self.tolerance).to(ours[0].dtype)
        agree = agreement(delta_e_2000(*ours), delta_e_2000(*true), alike, self.full)  # (N, E)
        share = regions.contact / regions.contact.sum(1, keepdim=True).clamp(min=1e-6)
        lost = share * (1 - agree)
        sensitivity = at_ends(share, regions.edges, regions.n_slots)
        region = 1 - at_ends(lost, regions.edges, regions.n_slots) / sensitivity.clamp(min=1e-6)
        return TermScore(1 - lost.sum(1), region, sensitivity)


def ends(lab: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    """Colours (N, E, 3) at either end of ``edges`` (N, E, 2)."""
    i, j = (edges[..., k : k + 1].expand(-1, -1, 3) for k in (0, 1))
    return lab.gather(1, i), lab.gather(1, j)


def at_ends(values: Tensor, edges: Tensor, n_slots: int) -> Tensor:
    """``values`` (N, E) added up at both ends of their edges -> (N, R+1)."""
    sums = torch.zeros(values.shape[0], n_slots, dtype=values.dtype, device=values.device)
    return sums.scatter_add(1, edges[..., 0], values).scatter_add(1, edges[..., 1], values)
