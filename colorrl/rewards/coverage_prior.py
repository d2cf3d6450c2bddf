"""Coverage without a truth: little of what the drawing encloses stays blank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from colorrl.color import delta_e_2000
from colorrl.rewards.coverage import painted_mark
from colorrl.rewards.reading import PAPER, Reading, asked_palette, inside_share, region_mean
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class CoveragePrior:
    """1 - max(0, B - A) / (1 - A), in [0, 1], B the share of enclosed area that looks like paper.

    A = white + (1 - white) ``unpainted`` is what may: the palette's share of entries within
    ``near_paper`` dE of paper, and a share that flats leave open on purpose. ``blank`` and
    ``painted`` as in coverage. Rewards painting, whatever the colour. Cheated by any colour but
    white; palette and recall stop that. It cannot see *which* region should stay blank.
    """

    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    blank: float
    painted: float
    near_paper: float
    unpainted: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        entries, target = asked_palette(sketch, "coverage_prior")
        near = delta_e_2000(entries, entries.new_tensor(PAPER)) < self.near_paper
        white = (target * near).sum(1, keepdim=True).clamp(max=0.99)  # some paint can be asked for
        allowed = white + (1 - white) * self.unpainted  # (N, 1)
        mark = painted_mark(reading, self.blank, self.painted)
        region = region_mean(mark.unsqueeze(1), sketch.regions).squeeze(2)
        area = inside_share(sketch.regions)
        excess = (area * (1 - region)).sum(1, keepdim=True) - allowed
        sensitivity = area * (excess >= 0) / (1 - allowed)
        return TermScore(1 - (excess.clamp(min=0) / (1 - allowed)).squeeze(1), region, sensitivity)
