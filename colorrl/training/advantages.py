"""Step 4 of an update: from scores to advantages, over all processes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor

from colorrl.learn.advantage import assign
from colorrl.learn.policy_gradient import divergences
from colorrl.training.state import Training
from colorrl.types import Rollout, Scores


def advantage(
    run: Training, rollouts: list[Rollout], scores: list[Scores]
) -> tuple[Sequence[Tensor | None], dict[str, float]]:
    """Advantages of each micro-batch, and figures of what they are measured against.

    (N,) for image credit, (N, R+1) for the others, (N, T, 1) where each step has its own; None
    for a loss that follows the reward's own gradient.
    """
    learn = run.cfg.learn
    if learn.advantage is None:
        return [None] * len(rollouts), {}
    rewards, figures = step_rewards(run, rollouts, scores)
    if learn.advantage.by == "step":
        by_step, of_value = run.advantage(rollouts, rewards, run.gather, run.sum)
        return by_step, figures | of_value
    everyone = run.gather(torch.cat([r.sum(1) for r in rewards]))
    mine = run.mine(run.advantage(everyone, keys(run, rollouts))).split([len(r) for r in rewards])
    return [
        assign(learn.credit, a, s.credit, r.group, r.count, learn.credit_mix)
        for a, s, r in zip(mine, scores, rollouts, strict=True)
    ], figures


def step_rewards(
    run: Training, rollouts: list[Rollout], scores: list[Scores]
) -> tuple[list[Tensor], dict[str, float]]:
    """(N, T) of each micro-batch: what the image earns, less the KL where the reward holds it."""
    rewards = []
    for rollout, earned in zip(rollouts, scores, strict=True):
        rewards.append(rollout.logp.new_zeros(rollout.logp.shape[:2]))
        rewards[-1][:, -1] = earned.relative
    kl = run.cfg.learn.kl
    if kl is None or kl.where == "loss":
        return rewards, {}
    with run.accelerator.autocast():  # as they were sampled
        apart = [divergences(run.policy, run.reference, r, run.sampler, run.kl) for r in rollouts]
    share = [a / int(rollouts[0].stochastic.sum()) for a in apart]
    mean = float(run.gather(torch.cat(share)).sum(1).mean())
    left = [r - run.kl_coef * a for r, a in zip(rewards, share, strict=True)]
    return left, {"policy/kl_reward": mean}


def keys(run: Training, rollouts: list[Rollout]) -> Tensor:
    """(N,) int64 over all processes: equal for samples that are measured together."""
    learn, group = run.cfg.learn, run.cfg.trainer.group
    n_samples = sum(len(r.image) for r in rollouts)
    if learn.advantage is not None and learn.advantage.by == "sketch":
        names = [i for r in rollouts for i in r.sketch.repeat(group).id]
        return run.gather(torch.tensor([key_of(i) for i in names], device=run.device))
    return torch.arange(n_samples * run.n_processes, device=run.device) // group


def key_of(sketch: str) -> int:
    """A sketch's id as an int64, the same in every process and run."""
    digest = hashlib.blake2b(sketch.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)
