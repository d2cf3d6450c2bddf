"""The KL from the start: where it is paid, and its weight, which may adapt."""

from __future__ import annotations

from collections.abc import Callable

import torch
from hydra.utils import instantiate
from torch import Tensor

from colorrl.config.schema.learn import KlConfig
from colorrl.learn.kl import Divergence, adapt_kl_coef
from colorrl.learn.policy_gradient import divergences
from colorrl.training.actor import Actor
from colorrl.types import Rollout


class Penalty:
    """``learn/kl=``, in the loss or in the reward; ``None`` is none."""

    def __init__(self, cfg: KlConfig | None) -> None:
        self.estimator: Divergence | None = instantiate(cfg.estimator) if cfg else None
        self.in_loss = cfg is not None and cfg.in_loss
        self.in_reward = cfg is not None and not cfg.in_loss
        self.coef = cfg.coef if cfg else 0.0
        self.target = cfg.target if cfg else None
        self.reset_every = cfg.reset_every if cfg else None

    def paid(
        self, actor: Actor, rollouts: list[Rollout], gather: Callable[[Tensor], Tensor]
    ) -> tuple[list[Tensor], dict[str, float]]:
        """(N, T, R+1) of each micro-batch: what the reward pays for the KL, and its figure.

        The weight times nats per dimension of the action, a mean over stochastic steps: comparable
        between drawings. 0 where the reward pays for none. ``gather`` brings rows of all processes
        together.
        """
        if not self.in_reward:
            return [torch.zeros_like(r.logp) for r in rollouts], {}
        assert self.estimator is not None
        n_steps = int(rollouts[0].stochastic.sum())
        with actor.autocast():  # as they were sampled
            nats = [
                divergences(actor.policy, actor.reference, r, actor.sampler, self.estimator)
                / r.count.sum(1)[:, None, None]
                / n_steps
                for r in rollouts
            ]
        mean = gather(torch.cat([n.sum((1, 2)) for n in nats])).mean()
        return [self.coef * n for n in nats], {"policy/kl_reward": float(mean)}

    def adapt(self, metrics: dict[str, float]) -> None:
        """Move the weight as ``learn.kl.target`` asks, given the divergence of an update."""
        if self.target is not None:
            seen = metrics["policy/kl_ref" if self.in_loss else "policy/kl_reward"]
            self.coef = adapt_kl_coef(self.coef, seen, self.target)
