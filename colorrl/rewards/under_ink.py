"""Under the ink, paint goes on: flats are closed up beneath the line, in a neighbour's colour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch

from colorrl.rewards.reading import Reading, paint, pixel_distance, region_sum
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class UnderInk:
    """mean over ink pixels of exp(-max(0, d - slack) / tau), in [0, 1].

    d = min(d76(X_p, c_own), d76(X_p, c_across)): the region that owns the pixel or the one across
    the line, wherever the painter meets it. Every other term leaves ink pixels out, and an opaque
    line hides them; moved, exported or printed, flats show them. ``slack`` and ``tau`` in dE. Needs
    no truth. Cheated by a page of one colour; every colour term stops that. 1 where there is no
    ink. A region's reading is that of the ink pixels it owns.
    """

    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    slack: float
    tau: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        regions = sketch.regions
        ink = regions.label == 0
        away = pixel_distance(reading.lab, paint(reading.center, regions.region_index))
        other = pixel_distance(reading.lab, paint(reading.center, regions.across))
        away = torch.where(regions.across > 0, away.minimum(other), away)
        kept = torch.exp(-(away - self.slack).clamp(min=0) / self.tau)
        owned = replace(regions, label=regions.region_index * ink)  # open pixels in slot 0
        of_ink = ink.unsqueeze(1).to(kept.dtype)
        count = region_sum(of_ink, owned).squeeze(2)  # (N, R+1)
        region = region_sum(kept.unsqueeze(1) * of_ink, owned).squeeze(2) / count.clamp(min=1)
        sensitivity = count / count.sum(1, keepdim=True).clamp(min=1)
        return TermScore(1 - (sensitivity * (1 - region)).sum(1), region, sensitivity)
