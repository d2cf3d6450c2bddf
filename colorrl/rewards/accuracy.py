"""Colour accuracy: each region has its true colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from colorrl.color import delta_e_2000
from colorrl.rewards.reading import Reading, same_truth, truth_of
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class Accuracy:
    """sum_r u_r exp(-d00(c_r, g_r) / tau), in [0, 1].

    u_r = (1 - balance) w_r + balance w_r / (W K): K true colours, W the weight of region r's own
    colour. With ``balance`` 1 each colour counts alike, so that the commonest cannot carry the
    score. ``tau`` and ``tolerance`` (two true colours closer than this are one) in dE. Needs no
    help: only the truth scores 1. It is blind to pixels, which consistency and leakage read.
    """

    sees_truth: ClassVar[bool] = True
    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    tau: float
    balance: float
    tolerance: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        truth = truth_of(reading, sketch, "accuracy")
        region = torch.exp(-delta_e_2000(reading.center, truth) / self.tau)
        weight = sketch.regions.weight
        color = (same_truth(truth, self.tolerance) * weight.unsqueeze(1)).sum(2)  # W (N, R+1)
        share = weight / color.clamp(min=1e-6)  # sums to K
        even = share / share.sum(1, keepdim=True).clamp(min=1e-6)
        sensitivity = (1 - self.balance) * weight + self.balance * even
        return TermScore((sensitivity * region).sum(1), region, sensitivity)
