"""Baselines that remember past rewards; their memory is part of a checkpoint."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from colorrl.learn.advantage import batch_centred, check_finite


class EmaBaseline:
    """r - b with b a running mean of past batches: b <- decay b + (1 - decay) mean(r).

    A batch is measured before it is counted in, so b never holds the reward it is taken from.
    The first batch has no past and is measured against its own other samples.
    """

    def __init__(self, decay: float) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay must lie in [0, 1), got {decay}")
        self.decay = decay
        self.value: float | None = None

    def __call__(self, reward: Tensor, group: Tensor) -> Tensor:
        check_finite(reward)
        mean = reward.double().mean().item()
        if self.value is None:
            self.value = mean
            return batch_centred(reward, group)
        advantage = reward - self.value
        self.value = self.decay * self.value + (1 - self.decay) * mean
        return advantage

    def state_dict(self) -> dict[str, float | None]:
        return {"value": self.value}

    def load_state_dict(self, state: dict[str, float | None]) -> None:
        self.value = state["value"]


class SketchStatistics:
    """(r - mean) / (std + eps) of the latest ``size`` rewards of the same sketch.

    As in DDPO's per-prompt tracker (Black et al. 2023, arXiv 2305.13301, section 5.3) a batch is
    counted in before it is measured, and the whole batch stands in for a sketch with fewer than
    ``min_count`` rewards. ``eps`` in units of reward.
    """

    by_sketch: ClassVar[bool] = True  # its key is the sketch, not the group

    def __init__(self, size: int, min_count: int, eps: float) -> None:
        if not 2 <= min_count <= size:
            raise ValueError(f"need 2 <= min_count <= size, got {min_count} and {size}")
        self.size, self.min_count, self.eps = size, min_count, eps
        self.past: dict[int, list[float]] = {}

    def __call__(self, reward: Tensor, sketch: Tensor) -> Tensor:
        """Advantages (N,) of ``reward`` (N,) for the sketches with keys ``sketch`` (N,) int64."""
        check_finite(reward)
        advantage = torch.empty_like(reward)
        for key in sketch.unique().tolist():
            rows = sketch == key
            past = (self.past.get(key, []) + reward[rows].tolist())[-self.size :]
            self.past[key] = past
            known = reward if len(past) < self.min_count else reward.new_tensor(past)
            advantage[rows] = self._standardized(reward[rows], known)
        return advantage

    def _standardized(self, reward: Tensor, known: Tensor) -> Tensor:
        if (known == known[0]).all():  # a mean rounds
            return torch.zeros_like(reward)
        return (reward - known.mean()) / (known.std(correction=0) + self.eps)

    def state_dict(self) -> dict[str, Any]:
        return {"past": self.past}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.past = state["past"]
