"""Score the stored transitions again, and turn advantages into a policy gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from colorrl.learn import kl
from colorrl.learn.loss import Surrogate, effective_sample_share
from colorrl.policy.noise import one_hot
from colorrl.policy.rollout import Sampler, log_density, transition
from colorrl.types import Policy, Rollout

Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Surrogate]


@dataclass(frozen=True, slots=True)
class Rescored:
    """One micro-batch under the policy as it is now."""

    loss: Tensor  # () sum over samples of the mean over stochastic steps, KL included
    log_ratio: Tensor  # (N, T') per element, T' stochastic steps
    clipped_high: Tensor  # (N, T')
    clipped_low: Tensor  # (N, T')
    elements: Tensor  # (N,) of a state
    kl: Tensor  # (N,) exact KL to the reference, nats per element and step; 0 without reference


def rescore(
    policy: Policy,
    reference: Policy | None,
    rollout: Rollout,
    advantage: Tensor,
    sampler: Sampler,
    loss: Loss,
    kl_coef: float,
) -> Rescored:
    """The loss of ``rollout`` with ``advantage`` (N,) or (N, R+1), its graph attached.

    ``reference`` is the frozen start, or None where kl_coef is 0.
    """
    n_samples = len(rollout.image) // len(rollout.sketch)
    owner = rollout.sketch.regions.owner.repeat_interleave(n_samples, 0)
    n_slots = rollout.sketch.regions.n_slots
    onehot = one_hot(owner, n_slots)
    code = policy.encode(rollout.sketch).repeat(n_samples)
    with torch.no_grad():
        reference_code = reference and reference.encode(rollout.sketch).repeat(n_samples)
    elements = rollout.count.sum(1)
    marks: list[Surrogate] = []
    divergence = torch.zeros_like(elements)
    steps = rollout.stochastic.nonzero().flatten().tolist()
    for k in steps:
        x, x_next = rollout.state[:, k], rollout.state[:, k + 1]
        mean, std = transition(policy, code, x, sampler, k)
        logp = log_density(x_next, mean, std, owner, n_slots, sampler, onehot)
        marks.append(loss(logp, rollout.logp[:, k], advantage, rollout.count))
        if reference is not None:
            with torch.no_grad():
                mean_ref, _ = transition(reference, reference_code, x, sampler, k)
            apart = kl.gaussian(mean, mean_ref, std, owner, n_slots, sampler.rho, onehot)
            divergence = divergence + apart.sum(1) / elements / len(steps)
    per_sample = torch.stack([m.loss for m in marks], 1).mean(1)
    return Rescored(
        loss=(per_sample + kl_coef * divergence).sum(),
        log_ratio=torch.stack([m.log_ratio for m in marks], 1),
        clipped_high=torch.stack([m.clipped_high for m in marks], 1),
        clipped_low=torch.stack([m.clipped_low for m in marks], 1),
        elements=elements,
        kl=divergence.detach(),
    )


def statistics(batch: Sequence[Rescored], gather: Callable[[Tensor], Tensor]) -> dict[str, float]:
    """policy/* figures of the micro-batches of one or more optimiser steps.

    ``gather`` brings the rows of all processes together.
    """
    log_ratio = gather(torch.cat([r.log_ratio for r in batch]))
    whole = gather(torch.cat([r.log_ratio * r.elements[:, None] for r in batch]))
    high, low = (
        gather(torch.cat(held))
        for held in ([r.clipped_high for r in batch], [r.clipped_low for r in batch])
    )
    return {
        "policy/ratio_max": float(log_ratio.abs().max().exp()),
        "policy/approx_kl_k1": float(-log_ratio.mean()),
        "policy/approx_kl": float((log_ratio.expm1() - log_ratio).mean()),
        "policy/clip_frac_hi": float(high.mean()),
        "policy/clip_frac_lo": float(low.mean()),
        "policy/ess": float(effective_sample_share(whole.flatten())),
        "policy/kl_ref": float(gather(torch.cat([r.kl for r in batch])).mean()),
    }


def accumulate(rescored: Rescored, n_samples: int) -> None:
    """Add the micro-batch's gradient to the parameters', as its share of ``n_samples`` in all."""
    (rescored.loss / n_samples).backward()


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
