"""Grouping: regions of one true colour share a colour, others do not, whatever the colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from colorrl.color import delta_e_2000
from colorrl.rewards.reading import Reading, same_truth, truth_of
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class Grouping:
    """Weighted agreement over region pairs, half for pairs alike and half for pairs apart.

    A pair alike scores max(0, 1 - d/full), a pair apart min(1, d / min(full, true d)), with d
    the pair's CIEDE2000; a pair weighs w_i w_j. ``full`` and ``tolerance`` (true colours closer
    than this are one) in dE. 1 where there is no pair. Cheated by permuting colours; accuracy
    stops that.
    """

    sees_truth: ClassVar[bool] = True
    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    full: float
    tolerance: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        truth = truth_of(reading, sketch, "grouping")
        alike = same_truth(truth, self.tolerance)  # (N, R+1, R+1)
        agree = agreement(_pairs(reading.center), _pairs(truth), alike, self.full)
        share = _pair_share(sketch.regions.weight, alike)
        value = 1 - (share * (1 - agree)).sum((1, 2)) / 2
        sensitivity = share.sum(2)
        region = 1 - (share * (1 - agree)).sum(2) / sensitivity.clamp(min=1e-6)
        return TermScore(value, region, sensitivity)


def agreement(distance: Tensor, true_distance: Tensor, alike: Tensor, full: float) -> Tensor:
    """How well pairs at CIEDE2000 ``distance`` agree with the truth, in [0, 1], any shape.

    ``alike`` is 1 where the true colours are one. ``full`` dE is a difference that counts whole,
    unless the truth itself differs by less.
    """
    apart = (distance / true_distance.clamp(min=1e-3, max=full)).clamp(max=1)
    return torch.where(alike > 0, (1 - distance / full).clamp(min=0), apart)


def _pairs(lab: Tensor) -> Tensor:
    """(N, R+1, R+1) CIEDE2000 of all pairs of ``lab`` (N, R+1, 3)."""
    return delta_e_2000(lab.unsqueeze(2), lab.unsqueeze(1))


def _pair_share(weight: Tensor, alike: Tensor) -> Tensor:
    """(N, R+1, R+1) symmetric shares of pairs, summing to 2: every pair stands in it twice."""
    pair = weight.unsqueeze(2) * weight.unsqueeze(1)
    pair = pair * (1 - torch.eye(weight.shape[1], device=weight.device))
    same, different = pair * alike, pair * (1 - alike)
    n_same, n_different = (half.sum((1, 2), keepdim=True) for half in (same, different))
    halves = (n_same > 0).to(pair.dtype) + (n_different > 0).to(pair.dtype)
    share = same / n_same.clamp(min=1e-12) + different / n_different.clamp(min=1e-12)
    return 2 * share / halves.clamp(min=1)
