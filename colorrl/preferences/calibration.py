"""Whether P(a beats b) can be taken at its word."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of like confidence. Shares in [0, 1]."""

    confidence: float  # mean probability given to the one thought better
    accuracy: float  # how often that one was
    n: int


def reliability(margin: Tensor, n_bins: int = 10) -> list[Bin]:
    """Bins of equal width over confidences of 1/2 to 1, empty ones left out.

    ``margin`` (M,) is the score of the better less that of the worse: wrong where negative.
    """
    confidence = torch.sigmoid(margin.abs().double())
    right = (margin > 0).double() + 0.5 * (margin == 0).double()
    place = ((confidence - 0.5) * 2 * n_bins).long().clamp(max=n_bins - 1)
    bins = []
    for i in range(n_bins):
        here = place == i
        if here.any():
            mean = float(confidence[here].mean()), float(right[here].mean())
            bins.append(Bin(*mean, int(here.sum())))
    return bins


def expected_calibration_error(bins: list[Bin]) -> float:
    """Mean over pairs of |accuracy - confidence| of their bin (Naeini et al. 2015)."""
    n = sum(b.n for b in bins)
    return sum(b.n * abs(b.accuracy - b.confidence) for b in bins) / n
