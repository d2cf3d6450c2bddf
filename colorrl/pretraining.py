"""The state of a pretraining run: what a checkpoint holds, and one optimiser step."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from diffusers.training_utils import EMAModel
from hydra.utils import instantiate
from torch import Tensor

from colorrl.device import pick_device
from colorrl.policy.flow_matching import shift_time, time_weight, x0_error
from colorrl.schema import PretrainConfig
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch


class Pretraining:
    """A run's state: network, EMA, optimiser, step."""

    def __init__(self, cfg: PretrainConfig) -> None:
        self.cfg = cfg
        torch.manual_seed(seed_of(cfg.seed, 0))
        self.device = pick_device(cfg.device)
        self.network = instantiate(cfg.policy.network).to(self.device)
        self.ema = EMAModel(self.network.parameters(), decay=cfg.ema_decay)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay, betas=(0.9, 0.99)
        )
        self.size = int(self.network.config.size)
        self.step = 0

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }

    def load(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.ema.load_state_dict(state["ema"])
        self.ema.to(self.device)  # a checkpoint is read to the CPU
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """The network with its averaged weights."""
        self.ema.store(self.network.parameters())
        self.ema.copy_to(self.network.parameters())
        try:
            yield
        finally:
            self.ema.restore(self.network.parameters())

    def learning_rate(self) -> float:
        """Linear warm-up, then cosine to a twentieth."""
        warm = min(1.0, (self.step + 1) / self.cfg.warmup_steps)
        phase = torch.pi * torch.tensor(min(1.0, self.step / self.cfg.steps))
        return self.cfg.lr * warm * (0.525 + 0.475 * float(torch.cos(phase)))

    def update(self, batch: SketchBatch) -> float:
        """One optimiser step on ``batch``; returns the mean weighted x0 error."""
        cfg = self.cfg
        seeds = seeds_of(cfg.seed, 1, self.step, len(batch))
        draw = torch.Generator().manual_seed(seed_of(cfg.seed, 2, self.step))
        t = shift_time(torch.rand(len(batch), generator=draw), cfg.time_shift).to(self.device)
        error = x0_error(self.network, batch, t, seeds, cfg.rho)
        self.descend((time_weight(t, cfg.weight_cap) * error).mean())
        return float(error.mean().detach())

    def descend(self, loss: Tensor) -> None:
        """One optimiser step down ``loss`` (), and the averaged weights after it."""
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.cfg.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.step(self.network.parameters())
        self.step += 1


def seeds_of(seed: int, purpose: int, step: int, n: int) -> Tensor:
    """(n,) int64: a seed for each row of a batch."""
    return torch.tensor([seed_of(seed, purpose, step, i) for i in range(n)], dtype=torch.long)
