"""Edge leakage: beside a line, a pixel does not have the colour from across it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from colorrl.rewards.reading import Reading, paint, pixel_distance, region_sum
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class Leakage:
    """1 - share of band pixels with d76(X_p, c_across) + margin < d76(X_p, c_own), in [0, 1].

    The band is where ``regions.across`` names a neighbour. Only the *neighbour's* colour counts
    as a leak, so that a gradient is not called one. ``margin`` in dE. Cheated by giving
    neighbours one colour; adjacency and accuracy stop that. 1 where there is no band.
    """

    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    margin: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        regions = sketch.regions
        band = ((regions.across > 0) & (regions.label > 0)).float().unsqueeze(1)  # (N, 1, H, W)
        other = pixel_distance(reading.lab, paint(reading.center, regions.across))
        kept = band * (other + self.margin >= reading.spread).float().unsqueeze(1)
        count = region_sum(band, regions).squeeze(2)  # (N, R+1)
        region = 1 - (count - region_sum(kept, regions).squeeze(2)) / count.clamp(min=1)
        sensitivity = count / count.sum(1, keepdim=True).clamp(min=1)
        return TermScore(1 - (sensitivity * (1 - region)).sum(1), region, sensitivity)
