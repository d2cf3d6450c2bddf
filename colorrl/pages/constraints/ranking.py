"""Which of several colourings of one sketch is the best, without a truth."""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.data.batch import collate
from colorrl.rewards.total import TotalReward
from colorrl.types import Sketch

# asks for each colour's share of the picture, which nobody gives for a page
ASKS_SHARES = "recall"


def without_shares(reward: TotalReward) -> TotalReward:
    """``reward`` without the term that a palette of colours alone cannot answer."""
    terms = {name: term for name, term in reward.terms.items() if name != ASKS_SHARES}
    return TotalReward(terms, reward.combine)


def scored(images: Tensor, sketch: Sketch, reward: TotalReward) -> Tensor:
    """(N,) the reward of each of ``images`` (N, 3, S, S), colourings of ``sketch`` at its size."""
    batch = collate([sketch]).repeat(len(images))
    group = torch.zeros(len(images), dtype=torch.long)
    return reward.score(images, batch, group).total


def with_given(images: Tensor, sketch: Sketch) -> Tensor:
    """``images`` (N, 3, S, S) with the colours that ``sketch.hint`` gives where it gives any."""
    if sketch.hint is None:
        return images
    return torch.where(sketch.hint[3:] > 0, sketch.hint[:3], images)
