"""What an optimiser step changes: the policy's trainable parameters and their running average."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import torch
from diffusers.training_utils import EMAModel
from torch import Tensor

from colorrl.config.schema.learn import LearnConfig
from colorrl.errors import UserError
from colorrl.learn.update import clip_gradient, reduced_gradient


class Weights:
    """Trainable parameters of ``network``, their AdamW and EMA, as ``learn`` sets them.

    Raises UserError where ``learn.trainable`` names none.
    """

    def __init__(self, network: torch.nn.Module, learn: LearnConfig, device: torch.device) -> None:
        self.parameters = trainable(network, learn.trainable)
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            lr=learn.lr,
            betas=(learn.betas[0], learn.betas[1]),
            weight_decay=learn.weight_decay,
            fused=device.type == "cuda",
        )
        decay = learn.ema_decay  # from the first step on: its warm-up would take hundreds
        self.ema = EMAModel(self.parameters, decay=decay, min_decay=decay, update_after_step=-1)
        self.max_norm, self.max_bad = learn.max_grad_norm, learn.max_bad_updates
        self.n_bad = 0  # steps skipped so far

    def step(self, reduce: Callable[[Tensor], Tensor]) -> float:
        """One step with the accumulated gradient, then EMA; its gradient's norm before clipping.

        ``reduce`` sums over processes. A gradient that is not finite is skipped and counted.
        Raises UserError once there are more than ``learn.max_bad_updates``.
        """
        norm = reduced_gradient(self.parameters, reduce)
        if bool(norm.isfinite()):
            clip_gradient(self.parameters, norm, self.max_norm)
            self.optimizer.step()
            self.ema.step(self.parameters)
        else:
            self._count_bad()
        self.optimizer.zero_grad(set_to_none=True)
        return float(norm)

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """The network with its averaged weights."""
        self.ema.store(self.parameters)
        self.ema.copy_to(self.parameters)
        try:
            yield
        finally:
            self.ema.restore(self.parameters)

    def state_dict(self) -> dict[str, Any]:
        return {
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "n_bad": self.n_bad,
        }

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """The parameters themselves are the network's to load."""
        self.ema.load_state_dict(state["ema"])
        self.ema.to(device)  # a checkpoint is read to the CPU
        self.optimizer.load_state_dict(state["optimizer"])
        self.n_bad = state["n_bad"]

    def _count_bad(self) -> None:
        self.n_bad += 1
        if self.n_bad > self.max_bad:
            raise UserError(
                f"{self.n_bad} updates were not finite (learn.max_bad_updates="
                f"{self.max_bad}): lower learn.lr or sampler.eta"
            )


def trainable(network: torch.nn.Module, pattern: str | None) -> list[torch.nn.Parameter]:
    """The parameters whose names begin with the regular expression ``pattern``; None = all.

    Only these take gradients afterwards. Raises UserError if there are none.
    """
    chosen = []
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(pattern is None or re.match(pattern, name) is not None)
        chosen += [parameter] if parameter.requires_grad else []
    if not chosen:
        names = ", ".join(sorted({n.split(".")[0] for n, _ in network.named_parameters()}))
        raise UserError(f"learn.trainable={pattern} is the start of no parameter: {names}")
    return chosen
