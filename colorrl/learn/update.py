"""From losses of micro-batches to one gradient and the figures of an update."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from colorrl.learn.kl import Divergence
from colorrl.learn.loss import effective_sample_share
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler
from colorrl.types import Rollout


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """What a loss is a function of: one micro-batch and the policies around it."""

    policy: Policy  # as it is now
    sampled_by: Policy  # as it was when it sampled, for a loss that ``needs_snapshot``
    reference: Policy | None  # the frozen start, where the loss holds the KL
    rollout: Rollout
    advantage: Tensor | None  # (N,), (N, R+1) or (N, T, 1); None for a loss that takes none
    sampler: Sampler
    kl: Divergence | None
    kl_coef: float
    reward: Callable[[Tensor], Tensor]  # (N,) of images (N, 3, H, W), differentiable


@dataclass(frozen=True, slots=True)
class MicroBatchLoss:
    """What one micro-batch contributes to an update."""

    loss: Tensor  # () sum over samples, its graph attached
    columns: dict[str, Tensor]  # name -> (N, ...) what figures are made of, detached


class Loss(Protocol):
    """``learn/loss=``: what a loss needs of the other parts, and the loss of a micro-batch.

    needs_advantage: it weighs something by an advantage. needs_log_probs: it scores the stochastic
    steps, so the sampler must have some, and a KL may be part of it. needs_reward_gradient: it
    follows the slope of the reward. needs_snapshot: it reads the policy that sampled.
    off_policy: it corrects for a policy that has moved since it sampled.

    A loss that weighs by an advantage takes it in each shape of `MicroBatch.advantage`: of images
    (N,), of regions (N, R+1), of denoising steps (N, T, 1).
    """

    needs_advantage: bool
    needs_log_probs: bool
    needs_reward_gradient: bool
    needs_snapshot: bool
    off_policy: bool

    def __call__(self, batch: MicroBatch) -> MicroBatchLoss: ...


def statistics(
    batch: Sequence[MicroBatchLoss], gather: Callable[[Tensor], Tensor]
) -> dict[str, float]:
    """policy/* figures of the micro-batches of one or more optimiser steps.

    ``gather`` brings the rows of all processes together. A column without a figure of its own
    shows its mean.
    """
    columns = {
        name: gather(torch.cat([part.columns[name] for part in batch])) for name in batch[0].columns
    }
    ratio = _ratio_figures(columns) if "log_ratio" in columns else {}
    plain = {n: float(v.mean()) for n, v in columns.items() if n not in _OF_RATIO}
    return ratio | {f"policy/{name}": value for name, value in plain.items()}


_OF_RATIO = ("log_ratio", "clipped_high", "clipped_low", "reach", "elements")


def _ratio_figures(columns: dict[str, Tensor]) -> dict[str, float]:
    log_ratio = columns["log_ratio"]  # (N, T') per dimension of the action
    whole = log_ratio * columns["elements"][:, None]
    return {
        "policy/ratio_max": float(log_ratio.max().exp()),
        "policy/ratio_min": float(log_ratio.min().exp()),
        "policy/approx_kl_k1": float(-log_ratio.mean()),
        "policy/approx_kl": float((log_ratio.expm1() - log_ratio).mean()),
        "policy/clip_frac_hi": float(columns["clipped_high"].mean()),
        "policy/clip_frac_lo": float(columns["clipped_low"].mean()),
        "policy/clip_reach": float(columns["reach"].max()),
        "policy/ess": float(effective_sample_share(whole.flatten())),
    }


def accumulate(part: MicroBatchLoss, n_samples: int) -> None:
    """Add the micro-batch's gradient to the parameters', as its share of ``n_samples`` in all."""
    (part.loss / n_samples).backward()


def reduced_gradient(parameters: Sequence[Tensor], reduce: Callable[[Tensor], Tensor]) -> Tensor:
    """() norm of the gradient after ``reduce`` summed it over processes; the gradients hold it.

    One flat tensor crosses between processes. A missing gradient counts as 0.
    """
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    flat = reduce(torch.cat([g.flatten() for g in grads]))
    pieces = flat.split([p.numel() for p in parameters])
    for p, piece in zip(parameters, pieces, strict=True):
        p.grad = piece.view_as(p)
    return flat.norm()


def clip_gradient(parameters: Sequence[Any], norm: Tensor, max_norm: float) -> None:
    """Scale gradients of norm ``norm`` down to ``max_norm``."""
    scale = float((max_norm / (norm + 1e-6)).clamp(max=1.0))
    if scale < 1:
        for p in parameters:
            p.grad.mul_(scale)
