"""Coverage: what the truth paints is not left blank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from colorrl.color import delta_e_76
from colorrl.rewards.reading import PAPER, Reading, pixel_distance, region_mean, truth_of
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class Coverage:
    """Weighted share of painted regions' pixels that do not look like paper, in [0, 1].

    A pixel's mark rises from 0 at ``blank`` dE76 from paper to 1 at ``painted``. Only regions whose
    true colour lies at least ``painted`` from paper count (white paint is not blank), with the
    regions' weights renormalised among them; 1 where there is none. Cheated by any colour but
    white; accuracy stops that. Painting too much is the background term's and accuracy's business.
    """

    sees_truth: ClassVar[bool] = True
    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    blank: float
    painted: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        paper = reading.lab.new_tensor(PAPER)
        mark = painted_mark(reading, self.blank, self.painted)
        region = region_mean(mark.unsqueeze(1), sketch.regions).squeeze(2)
        counts = delta_e_76(truth_of(reading, sketch, "coverage"), paper) >= self.painted
        weight = sketch.regions.weight * counts
        sensitivity = weight / weight.sum(1, keepdim=True).clamp(min=1e-6)
        return TermScore(1 - (sensitivity * (1 - region)).sum(1), region, sensitivity)


def painted_mark(reading: Reading, blank: float, painted: float) -> Tensor:
    """(N, H, W) 0 up to ``blank`` dE76 from paper, rising to 1 at ``painted``."""
    paper = reading.lab.new_tensor(PAPER).view(1, 3, 1, 1)
    away = pixel_distance(reading.lab, paper.expand_as(reading.lab))
    return ((away - blank) / (painted - blank)).clamp(0, 1)
