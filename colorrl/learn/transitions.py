"""Score the stored transitions again: losses and divergences made of log-densities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat

import torch
from torch import Tensor

from colorrl.learn.kl import gaussian
from colorrl.learn.loss import Surrogate, SurrogateLoss
from colorrl.learn.update import Part
from colorrl.policy.guidance import guided
from colorrl.policy.noise import one_hot
from colorrl.policy.rollout import Sampler, log_density, transition
from colorrl.types import Policy, Rollout

Divergence = Callable[[Tensor, Tensor, Tensor], Tensor]  # see learn.kl
Law = tuple[Tensor, int, float, Tensor]  # owner, n_slots, rho, onehot: as logp_regions takes them


@dataclass(frozen=True, slots=True)
class Scored:
    """One stochastic step of each sample under a policy."""

    step: int
    mean: Tensor  # (N, 3, H, W)
    std: Tensor  # ()
    logp: Tensor  # (N, R+1) of the stored next state


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
    law = noise_law(rollout, sampler)
    elements = rollout.count.sum(1)
    n_steps = int(rollout.stochastic.sum())
    marks: list[Surrogate] = []
    divergence = torch.zeros_like(elements)
    starts = repeat(None) if reference is None else frozen(reference, rollout, sampler, law)
    for now, start in zip(replay(policy, rollout, sampler, law), starts, strict=False):
        weight = advantage[:, now.step, 0] if advantage.dim() == 3 else advantage
        marks.append(surrogate(now.logp, rollout.logp[:, now.step], weight, rollout.count))
        if start is not None and kl is not None:
            apart = kl(now.logp, start.logp, gaussian(now.mean, start.mean, now.std, *law))
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
    law = noise_law(rollout, sampler)
    apart = rollout.logp.new_zeros(rollout.logp.shape[:2])
    starts = frozen(reference, rollout, sampler, law)
    for now, start in zip(replay(policy, rollout, sampler, law), starts, strict=True):
        summed = kl(now.logp, start.logp, gaussian(now.mean, start.mean, now.std, *law)).sum(1)
        apart[:, now.step] = summed / rollout.count.sum(1)
    return apart


def replay(policy: Policy, rollout: Rollout, sampler: Sampler, law: Law) -> Iterator[Scored]:
    """The stochastic steps under ``policy``, on the stored states: as they were sampled."""
    policy = guided(policy, sampler.guidance)
    n_samples = len(rollout.image) // len(rollout.sketch)
    code = policy.encode(rollout.sketch).repeat(n_samples)
    for k in rollout.stochastic.nonzero().flatten().tolist():
        x, x_next = rollout.state[:, k], rollout.state[:, k + 1]
        mean, std = transition(policy, code, x, sampler, k)
        owner, n_slots, _, onehot = law
        logp = log_density(x_next, mean, std, owner, n_slots, sampler, onehot)
        yield Scored(k, mean, std, logp)


frozen = torch.no_grad()(replay)


def noise_law(rollout: Rollout, sampler: Sampler) -> Law:
    """What the densities of the rollout's N samples share."""
    regions = rollout.sketch.regions
    n_samples = len(rollout.image) // len(rollout.sketch)
    owner = regions.owner.repeat_interleave(n_samples, 0)
    return owner, regions.n_slots, sampler.rho, one_hot(owner, regions.n_slots)
