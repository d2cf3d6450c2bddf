"""Fill consistency: a region has one colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from colorrl.rewards.reading import Reading, region_mean
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class Consistency:
    """sum_r w_r mean_p exp(-max(0, d76(X_p, c_r) - slack) / tau), in [0, 1].

    A soft share of inliers: a standard deviation would reward washed-out colour. ``slack`` and
    the tau's are in dE; tau runs geometrically from ``tau_start`` to ``tau_end`` with progress,
    soft early, hard late. Cheated by any region-wise constant picture (a white page too);
    coverage and accuracy stop that.
    """

    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    slack: float
    tau_start: float
    tau_end: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        tau = self.tau_start * (self.tau_end / self.tau_start) ** progress
        inlier = torch.exp(-(reading.spread - self.slack).clamp(min=0) / tau)
        region = region_mean(inlier.unsqueeze(1), sketch.regions).squeeze(2)
        sensitivity = sketch.regions.weight
        return TermScore((sensitivity * region).sum(1), region, sensitivity)
