"""Advantages of denoising steps against a learned value (GAE), and the learning of that value.

A chain has states x_0 .. x_{T-1}, step k going from x_k to x_{k+1}; step T-1 makes the image and
earns its reward. Nothing is discounted (gamma = 1): a chain is short and ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from colorrl.learn.update import reduced_gradient
from colorrl.types import Rollout


def gae(value: Tensor, reward: Tensor, stochastic: Tensor, lam: float) -> Tensor:
    """A_k = d_k + l_{k+1} A_{k+1} with d_k = r_k + V_{k+1} - V_k and V_T = 0, all (N, T).

    l_k = lam where step k is ``stochastic`` (T,), else 1: what decides nothing takes nothing from
    later rewards. Schulman et al. 2016, arXiv 1506.02438, equation 16, over decisions.
    """
    advantage = torch.empty_like(reward)
    later, value_next = torch.zeros_like(reward[:, 0]), torch.zeros_like(reward[:, 0])
    for k in reversed(range(reward.shape[1])):
        advantage[:, k] = reward[:, k] + value_next - value[:, k] + later
        later = advantage[:, k] * (lam if stochastic[k] else 1.0)
        value_next = value[:, k]
    return advantage


def value_loss(value: Tensor, value_old: Tensor, target: Tensor, clip: float | None) -> Tensor:
    """max((V - R)^2, (V_old + clip(V - V_old, -c, c) - R)^2) / 2, elementwise.

    Pessimistic as ppo_clip is: a value that went too far learns nothing unless it comes back.
    """
    error = (value - target).square()
    if clip is not None:
        near = value_old + (value - value_old).clamp(-clip, clip)
        error = torch.maximum(error, (near - target).square())
    return error / 2


def explained_variance(value: Tensor, outcome: Tensor) -> float:
    """1 - var(outcome - value) / var(outcome): 1 is perfect, 0 no better than a constant.

    0 where the outcomes are all one.
    """
    spread = outcome.var(correction=0)
    return float(1 - (outcome - value).var(correction=0) / spread) if spread > 0 else 0.0


class Critic:
    """A value network with its optimiser, and the advantages it gives.

    ``network`` makes a module with ``read(x0, sketch)`` and ``forward(reading, t)``, such as
    RegionValue or RewardModelValue; conf/learn/advantage/_critic.yaml describes the rest.
    """

    def __init__(
        self,
        network: Callable[[], Any],
        lam: float,
        lr: float,
        epochs: int,
        clip: float | None,
        warmup: int,
        eps: float,
        device: torch.device,
        seed: int,
    ) -> None:
        if not 0 <= lam <= 1:
            raise ValueError(f"lam must lie in [0, 1], got {lam}")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = network().to(device)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=lr, weight_decay=0.0)
        self.lam, self.epochs, self.clip, self.eps = lam, epochs, clip, eps
        self.warmup, self.n_updates = warmup, 0

    def __call__(
        self,
        rollouts: Sequence[Rollout],
        rewards: Sequence[Tensor],
        gather: Callable[[Tensor], Tensor],
        reduce: Callable[[Tensor], Tensor],
    ) -> tuple[list[Tensor], dict[str, float]]:
        """Advantages (N, T, 1) of each rollout for ``rewards`` (N, T), and value/* figures.

        Advantages and figures are of the value as it was before it learns from these rewards:
        one that knew them already would hide them. ``gather`` brings rows of all processes
        together, ``reduce`` sums over processes. Zero while the value warms up.
        """
        readings = [self._read(r) for r in rollouts]
        with torch.no_grad():
            old = [self._values(x, r.t) for x, r in zip(readings, rollouts, strict=True)]
        stochastic = rollouts[0].stochastic
        raw = [gae(v, r, stochastic, self.lam) for v, r in zip(old, rewards, strict=True)]
        outcome = gather(torch.cat([r.flip(1).cumsum(1).flip(1) for r in rewards]))
        figures = {
            "value/explained_variance": explained_variance(gather(torch.cat(old)), outcome),
            "value/loss": self._fit(rollouts, readings, old, raw, gather, reduce),
        }
        self.n_updates += 1
        return [a.unsqueeze(2) for a in self._whitened(raw, stochastic, gather)], figures

    def _read(self, rollout: Rollout) -> Tensor:
        """(N, T, ...), as the network reads."""
        assert rollout.x0 is not None
        sketch = rollout.sketch.repeat(rollout.group_size)
        return torch.stack([self.network.read(x0, sketch) for x0 in rollout.x0.unbind(1)], 1)

    def _values(self, reading: Tensor, t: Tensor) -> Tensor:
        """(N, T) of readings (N, T, ...) at the times ``t`` (T+1,)."""
        n, steps = reading.shape[:2]
        times = t[:-1].to(reading.device).repeat(n)
        return self.network(reading.flatten(0, 1), times).view(n, steps)

    def _fit(
        self,
        rollouts: Sequence[Rollout],
        readings: list[Tensor],
        old: list[Tensor],
        raw: list[Tensor],
        gather: Callable[[Tensor], Tensor],
        reduce: Callable[[Tensor], Tensor],
    ) -> float:
        """Passes of the value towards lambda-returns; the mean loss of the first."""
        n_values, losses = gather(torch.cat(old)).numel(), []
        parameters = list(self.network.parameters())
        for _ in range(self.epochs):
            whole = torch.zeros((), device=old[0].device)
            for rollout, reading, v, a in zip(rollouts, readings, old, raw, strict=True):
                loss = value_loss(self._values(reading, rollout.t), v, v + a, self.clip)
                (loss.sum() / n_values).backward()
                whole += loss.detach().sum() / n_values
            losses.append(float(reduce(whole)))
            reduced_gradient(parameters, reduce)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        return losses[0] if losses else 0.0

    def _whitened(
        self, raw: list[Tensor], stochastic: Tensor, gather: Callable[[Tensor], Tensor]
    ) -> list[Tensor]:
        """(A - mean) / (std + eps) over all processes' stochastic steps; 0 in the warm-up."""
        if self.n_updates <= self.warmup:
            return [torch.zeros_like(a) for a in raw]
        known = gather(torch.cat(raw))[:, stochastic.to(raw[0].device)]
        mean, std = known.mean(), known.std(correction=0)
        return [(a - mean) / (std + self.eps) for a in raw]

    def state_dict(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "n_updates": self.n_updates,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.n_updates = state["n_updates"]
