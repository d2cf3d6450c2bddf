"""Score the stored transitions again: losses and divergences made of log-densities."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor

from colorrl.learn.kl import Divergence
from colorrl.learn.loss import Surrogate, SurrogateLoss
from colorrl.learn.update import MicroBatch, MicroBatchLoss
from colorrl.policy.distribution import Transition
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler, Walk
from colorrl.types import Rollout


class PolicyGradient:
    """A loss of the stored transitions' log-densities."""

    needs_advantage: ClassVar[bool] = True
    needs_log_probs: ClassVar[bool] = True
    needs_reward_gradient: ClassVar[bool] = False
    needs_snapshot: ClassVar[bool] = False

    def __init__(self, function: SurrogateLoss, off_policy: bool) -> None:
        self.function, self.off_policy = function, off_policy

    def __call__(self, batch: MicroBatch) -> MicroBatchLoss:
        assert batch.advantage is not None
        return policy_gradient_loss(
            batch.policy,
            batch.reference,
            batch.rollout,
            batch.advantage,
            batch.sampler,
            self.function,
            batch.kl,
            batch.kl_coef,
        )


def policy_gradient_loss(
    policy: Policy,
    reference: Policy | None,
    rollout: Rollout,
    advantage: Tensor,
    sampler: Sampler,
    surrogate: SurrogateLoss,
    kl: Divergence | None = None,
    kl_coef: float = 0.0,
) -> MicroBatchLoss:
    """Mean over stochastic steps of ``surrogate`` + ``kl_coef`` x ``kl`` per dimension.

    ``advantage`` (N,), (N, R+1) or, of its own for each step, (N, T, 1). ``reference`` is the
    frozen start, or None for a loss without ``kl``.
    """
    elements = rollout.count.sum(1)
    n_steps = int(rollout.stochastic.sum())
    marks: list[Surrogate] = []
    divergence = torch.zeros_like(elements)
    transition_now = replayed(policy, rollout, sampler)
    transition_start = None if reference is None else frozen(reference, rollout, sampler)
    for k in rollout.stochastic.nonzero().flatten().tolist():
        now = transition_now(k)
        logp = now.log_prob(rollout.outcome(k))
        weight = advantage[:, k, 0] if advantage.dim() == 3 else advantage
        marks.append(surrogate(logp, rollout.logp[:, k], weight, rollout.count))
        if transition_start is not None and kl is not None:
            apart = _apart(kl, now, logp, transition_start(k), rollout.outcome(k))
            divergence = divergence + apart.sum(1) / elements / n_steps
    per_sample = torch.stack([m.loss for m in marks], 1).mean(1)
    columns = {
        "log_ratio": torch.stack([m.log_ratio for m in marks], 1),
        "clipped_high": torch.stack([m.clipped_high for m in marks], 1),
        "clipped_low": torch.stack([m.clipped_low for m in marks], 1),
        "reach": torch.stack([m.reach for m in marks], 1),
        "elements": elements,
        "kl_ref": divergence.detach(),
    }
    return MicroBatchLoss((per_sample + kl_coef * divergence).sum(), columns)


@torch.no_grad()
def divergences(
    policy: Policy, reference: Policy, rollout: Rollout, sampler: Sampler, kl: Divergence
) -> Tensor:
    """(N, T, R+1) nats of ``kl`` of each step from ``reference``; 0 where deterministic."""
    apart = torch.zeros_like(rollout.logp)
    transition_now, transition_start = (replayed(p, rollout, sampler) for p in (policy, reference))
    for k in rollout.stochastic.nonzero().flatten().tolist():
        now, outcome = transition_now(k), rollout.outcome(k)
        apart[:, k] = _apart(kl, now, now.log_prob(outcome), transition_start(k), outcome)
    return apart


def replayed(policy: Policy, rollout: Rollout, sampler: Sampler) -> Callable[[int], Transition]:
    """The transition of a step under ``policy``, at the stored states: as they were sampled."""
    walk = Walk(policy, rollout.sketch, rollout.group_size, sampler)
    return lambda k: walk.transition(rollout.state[:, k], k)


def frozen(reference: Policy, rollout: Rollout, sampler: Sampler) -> Callable[[int], Transition]:
    """`replayed` without gradients."""
    with torch.no_grad():
        return torch.no_grad()(replayed(reference, rollout, sampler))


def _apart(
    kl: Divergence, now: Transition, logp: Tensor, start: Transition, outcome: Tensor
) -> Tensor:
    """(N, R+1) nats of the step under ``now``, whose log-density of ``outcome`` is ``logp``."""
    with torch.no_grad():
        logp_start = start.log_prob(outcome)
    return kl(logp, logp_start, now.kl(start))
