"""A value of denoising states that begins as what a reward model says of them."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from colorrl.policy.region_layers import TimeEmbedding
from colorrl.preferences.network import load_reward_model
from colorrl.types import SketchBatch


class RewardModelValue(nn.Module):
    """V = pays * sigmoid((s(x0^(x_t)) + c(features, t)) / temperature), c = 0 at first.

    The reward model was fitted to clean pictures, so it reads the clean picture predicted from
    x_t, not x_t: rollouts hold those already, one model then serves as reward and as value, and
    where a state is all but done V is the learned reward itself. What it does not know, how far
    early predictions are from what they become, the head learns by time. The generator inside
    stays as it is and reads a rollout once: what learns is the head.
    """

    def __init__(self, path: str, pays: float, temperature: float) -> None:
        """Raises UserError if there is no reward model in the folder ``path``."""
        super().__init__()
        # in a tuple, so that what does not learn is no parameter of the value
        self._frozen = (load_reward_model(path),)
        self.pays, self.temperature = pays, temperature
        model = self._frozen[0]
        self.head = copy.deepcopy(model.head).requires_grad_(True)
        self.time = TimeEmbedding(model.n_features)
        self.gain = nn.Parameter(torch.zeros(model.n_features))

    def read(self, x0: Tensor, sketch: SketchBatch) -> Tensor:
        """(N, S, F + 1) of predicted images (N, 3, H, W) in [-1, 1] for N sketches."""
        model = self._frozen[0].to(x0.device)
        with torch.no_grad():
            return model.read(((x0 + 1) / 2).clamp(0, 1), sketch)

    def forward(self, reading: Tensor, t: Tensor) -> Tensor:
        """Values (N,) in units of reward, of readings (N, S, F + 1) at times ``t`` (N,)."""
        score = self.head(reading, (self.gain * self.time(t)).unsqueeze(1))
        return self.pays * torch.sigmoid(score / self.temperature)
