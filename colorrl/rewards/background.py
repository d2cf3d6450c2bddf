"""Background: the paper around the drawing keeps its true colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from colorrl.rewards.reading import Reading, paint, pixel_distance, truth_of
from colorrl.types import RegionBatch, SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class Background:
    """right / (right + wrong_counts (1 - right)), in [0, 1].

    right: mean over background pixels of exp(-max(0, d76(X_p, g) - slack) / tau).
    ``wrong_counts``: how many right pixels a wrong one outweighs, 1 = the plain mean. Unlike a
    power of the mean it has a slope of 1 / wrong_counts where all are wrong.

    The background has no weight in the other terms, so that it cannot carry a score; as a gate
    it can only cost. ``slack`` and ``tau`` in dE. Cheated by a white page; coverage stops that.
    1 where the sketch has no background.
    """

    sees_truth: ClassVar[bool] = True
    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    slack: float
    tau: float
    wrong_counts: float = 1.0

    def __post_init__(self) -> None:
        check_cost(self.wrong_counts)

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        truth = truth_of(reading, sketch, "background")
        return kept(reading, sketch.regions, truth, self.slack, self.tau, self.wrong_counts)


def check_cost(wrong_counts: float) -> None:
    """ValueError unless a wrong pixel costs something: all wrong would be 0 / 0."""
    if not wrong_counts > 0:
        raise ValueError(f"wrong_counts={wrong_counts} must be above 0")


def kept(
    reading: Reading,
    regions: RegionBatch,
    color: Tensor,
    slack: float,
    tau: float,
    wrong_counts: float,
) -> TermScore:
    """How far the background's pixels keep to ``color`` (N, R+1, 3) Lab of their region."""
    outside = regions.label == regions.background.view(-1, 1, 1)
    outside = outside & (regions.background > 0).view(-1, 1, 1)
    wrong = pixel_distance(reading.lab, paint(color, regions.label))
    right = torch.exp(-(wrong - slack).clamp(min=0) / tau)
    count = outside.sum((1, 2))
    lost = ((1 - right) * outside).sum((1, 2)) / count.clamp(min=1)
    value = (1 - lost) / (1 - lost + wrong_counts * lost)
    place = regions.background.unsqueeze(1)
    blank = torch.zeros_like(regions.area)
    sensitivity = blank.scatter(1, place, (count > 0).to(blank.dtype).unsqueeze(1))
    return TermScore(value, blank.scatter(1, place, value.unsqueeze(1)), sensitivity)
