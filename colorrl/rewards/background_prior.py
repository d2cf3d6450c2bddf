"""Background without a truth: the paper around the drawing stays paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from colorrl.rewards.background import check_cost, kept
from colorrl.rewards.reading import PAPER, Reading
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class BackgroundPrior:
    """As Background, with white in place of the true colour, in [0, 1].

    ``slack`` and ``tau`` in dE. Wrong for drawings whose background is meant to be painted: leave
    it out for those. Cheated by a white page; coverage_prior stops that. 1 where the sketch has no
    background.
    """

    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    slack: float
    tau: float
    wrong_counts: float = 1.0

    def __post_init__(self) -> None:
        check_cost(self.wrong_counts)

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        paper = reading.center.new_tensor(PAPER).expand_as(reading.center)
        return kept(reading, sketch.regions, paper, self.slack, self.tau, self.wrong_counts)
