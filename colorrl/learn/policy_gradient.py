"""Score the stored transitions again: losses and divergences made of log-densities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any

import torch
from torch import Tensor

from colorrl.learn.kl import gaussian
from colorrl.learn.loss import Surrogate, SurrogateLoss
from colorrl.learn.update import Part
from colorrl.policy.entries import kl_entries, logp_entries
from colorrl.policy.guidance import guided
from colorrl.policy.rollout import (
    Law,
    Sampler,
    log_density,
    noise_law,
    predict_mix,
    transition,
)
from colorrl.types import Policy, Rollout

Divergence = Callable[[Tensor, Tensor, Tensor], Tensor]  # see learn.kl


@dataclass(frozen=True, slots=True)
class Scored:
    """One stochastic step of each sample under a policy."""

    step: int
    logp: Tensor  # (N, R+1) of the stored next state, or choice
    law: Tensor  # mean of the next state (N, 3, H, W), or log-shares to choose by (N, R+1, 1+K)
    divergence: Callable[[Tensor, Tensor], Tensor]  # exact KL of two such laws, (N, R+1) nats


def rescore(
    policy: Policy,
    reference: Policy | None,
    rollout: Rollout,
    advantage: Tensor,
    sampler: Sampler,
    surrogate: SurrogateLoss,
    kl: Divergence | None,
    kl_coef: float,
) -> Part:
    """Mean over stochastic steps of ``surrogate`` + ``kl_coef`` x ``kl`` per element.

    ``advantage`` (N,), (N, R+1) or, of its own for each step, (N, T, 1). ``reference`` is the
    frozen start, or None for a loss without ``kl``.
    """
    law = noise_law(rollout.sketch, rollout.n_samples, sampler)
    elements = rollout.count.sum(1)
    n_steps = int(rollout.stochastic.sum())
    marks: list[Surrogate] = []
    divergence = torch.zeros_like(elements)
    starts = repeat(None) if reference is None else frozen(reference, rollout, sampler, law)
    for now, start in zip(replay(policy, rollout, sampler, law), starts, strict=False):
        weight = advantage[:, now.step, 0] if advantage.dim() == 3 else advantage
        marks.append(surrogate(now.logp, rollout.logp[:, now.step], weight, rollout.count))
        if start is not None and kl is not None:
            apart = kl(now.logp, start.logp, now.divergence(now.law, start.law))
            divergence = divergence + apart.sum(1) / elements / n_steps
    per_sample = torch.stack([m.loss for m in marks], 1).mean(1)
    columns = {
        "log_ratio": torch.stack([m.log_ratio for m in marks], 1),
        "clipped_high": torch.stack([m.clipped_high for m in marks], 1),
        "clipped_low": torch.stack([m.clipped_low for m in marks], 1),
        "elements": elements,
        "kl_ref": divergence.detach(),
    }
    return Part((per_sample + kl_coef * divergence).sum(), columns)


@torch.no_grad()
def divergences(
    policy: Policy, reference: Policy, rollout: Rollout, sampler: Sampler, kl: Divergence
) -> Tensor:
    """(N, T) ``kl`` of each step from ``reference``, nats per element; 0 where deterministic."""
    law = noise_law(rollout.sketch, rollout.n_samples, sampler)
    apart = rollout.logp.new_zeros(rollout.logp.shape[:2])
    starts = frozen(reference, rollout, sampler, law)
    for now, start in zip(replay(policy, rollout, sampler, law), starts, strict=True):
        summed = kl(now.logp, start.logp, now.divergence(now.law, start.law)).sum(1)
        apart[:, now.step] = summed / rollout.count.sum(1)
    return apart


def replay(policy: Policy, rollout: Rollout, sampler: Sampler, law: Law) -> Iterator[Scored]:
    """The stochastic steps under ``policy``, on the stored states: as they were sampled."""
    policy = guided(policy, sampler.guidance)
    code = policy.encode(rollout.sketch).repeat(rollout.n_samples)
    score = diffused if rollout.entry is None else decided
    for k in rollout.stochastic.nonzero().flatten().tolist():
        yield score(policy, code, rollout, sampler, k, law)


frozen = torch.no_grad()(replay)


def diffused(
    policy: Policy, code: Any, rollout: Rollout, sampler: Sampler, k: int, law: Law
) -> Scored:
    """The Gaussian of step ``k``, at the state that followed."""
    mean, std = transition(policy, code, rollout.state[:, k], sampler, k)
    owner, n_slots, rho, onehot = law
    logp = log_density(rollout.state[:, k + 1], mean, std, owner, n_slots, sampler, onehot)
    apart = partial(gaussian, std=std, owner=owner, n_slots=n_slots, rho=rho, onehot=onehot)
    return Scored(k, logp, mean, apart)


def decided(
    policy: Policy, code: Any, rollout: Rollout, sampler: Sampler, k: int, law: Law
) -> Scored:
    """The choice of step ``k``, at the entries that were chosen."""
    assert rollout.entry is not None
    log_share = predict_mix(policy, code, rollout.state[:, k], sampler, k).log_share
    exists = law[3].sum(2) > 0
    logp = logp_entries(log_share, rollout.entry[:, k], exists)
    return Scored(k, logp, log_share, partial(kl_entries, exists=exists))
