"""The steps of an update as train.py numbers them, each on this process's share.

draw (1), sample (2), score (3), advantage (4), optimize_policy with its loss (5) and
update_reference, in the order in which they run.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from colorrl.data.augmentation.augment import augment
from colorrl.data.batch import collate
from colorrl.data.draw import Pool, draw_from
from colorrl.learn.advantage import assign
from colorrl.learn.kl import adapt_kl_coef
from colorrl.learn.policy_gradient import divergences
from colorrl.learn.update import (
    MicroBatch,
    MicroBatchLoss,
    accumulate,
    clip_gradient,
    reduced_gradient,
    statistics,
)
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import sample_rollout
from colorrl.rewards.total import TotalReward
from colorrl.seeding import Stream, seed_of
from colorrl.training.batch_size import micro_size
from colorrl.training.objective import differentiable, with_auxiliary
from colorrl.training.state import Training
from colorrl.types import Rollout, Scores, SketchBatch


def local_indices(run: Training) -> list[list[int]]:
    """This process's micro-batches, as indices of sketches among all of the step's.

    They are dealt to processes in turn, so that an optimiser step sees the same sketches whatever
    the number of processes and the size of micro-batches.
    """
    local = range(run.rank, run.cfg.trainer.sketches, run.n_processes)
    size = micro_size(run.cfg, run.n_processes)
    return [list(local[i : i + size]) for i in range(0, len(local), size)]


def draw(run: Training, train: Sequence[Pool], local: list[list[int]]) -> list[SketchBatch]:
    """The sketches ``local`` of this update, augmented, a batch for each micro-batch."""
    cfg = run.cfg
    drawn = draw_from(train, cfg.trainer.sketches, cfg.seed, run.step)
    batches = []
    for indices in local:
        seeds = [seed_of(cfg.seed, Stream.AUGMENT, run.step, i) for i in indices]
        sketches = [
            augment(drawn[i], seed, cfg.augment, cfg.data.palette_condition)
            for i, seed in zip(indices, seeds, strict=True)
        ]
        batches.append(collate(sketches, run.n_slots, cfg.trainer.n_palette).to(run.device))
    return batches


def sample(run: Training, sketch: SketchBatch, indices: list[int]) -> Rollout:
    """A group of colourings of each of ``sketch``, which have these ``indices`` in the update."""
    group_size = run.cfg.trainer.group_size
    places = [(i, g) for i in indices for g in range(group_size)]
    seeds = [seed_of(run.cfg.seed, Stream.ROLLOUT, run.step, i, g) for i, g in places]
    keep_x0 = run.advantage is not None and run.advantage.reads_states
    with run.accelerator.autocast():
        return sample_rollout(
            run.policy, sketch, group_size, torch.tensor(seeds), run.sampler, keep_x0
        )


def score(reward: TotalReward, rollout: Rollout, progress: float) -> Scores:
    """Scores of a rollout's images. Raises FloatingPointError naming sketch and term."""
    sketch = rollout.sketch.repeat(rollout.group_size)
    return reward.score(rollout.image, sketch, rollout.group, progress)


def kl_in_reward(run: Training, rollouts: list[Rollout]) -> list[Tensor]:
    """(N, T, R+1) of each micro-batch: the KL from the start that the reward pays for, if any.

    In nats per dimension of the action, a mean over stochastic steps: comparable between drawings.
    """
    if run.cfg.learn.kl is None or run.cfg.learn.kl.in_loss:
        return [torch.zeros_like(r.logp) for r in rollouts]
    n_steps = int(rollouts[0].stochastic.sum())
    with run.accelerator.autocast():  # as they were sampled
        nats = [divergences(run.policy, run.reference, r, run.sampler, run.kl) for r in rollouts]
    return [
        a / r.count.sum(1)[:, None, None] / n_steps for a, r in zip(nats, rollouts, strict=True)
    ]


def advantage(
    run: Training, rollouts: list[Rollout], scores: list[Scores]
) -> tuple[Sequence[Tensor | None], dict[str, float]]:
    """Advantages of each micro-batch, and figures of what they are measured against.

    (N,) for image credit, (N, R+1) for the others, (N, T, 1) where each step has its own; None
    for a loss that takes none. A KL in the reward is taken from the steps that pay it, and from
    the credit of the regions that do.
    """
    if run.advantage is None:
        return [None] * len(rollouts), {}
    learn, paid = run.cfg.learn, kl_in_reward(run, rollouts)
    rewards = [-run.kl_coef * p.sum(2) for p in paid]
    for reward, earned in zip(rewards, scores, strict=True):
        reward[:, -1] += earned.training_reward
    found, figures = run.advantage(rollouts, rewards, run)
    if learn.kl is not None and not learn.kl.in_loss:
        mean = run.gather(torch.cat([p.sum((1, 2)) for p in paid])).mean()
        figures = figures | {"policy/kl_reward": float(mean)}
    if run.advantage.per_step:
        return found, figures
    return [
        assign(
            learn.credit, a, s.credit - run.kl_coef * p.sum(1), r.group, r.count, learn.credit_mix
        )
        for a, s, p, r in zip(found, scores, paid, rollouts, strict=True)
    ], figures


def loss_of(
    run: Training,
    rollout: Rollout,
    advantage: Tensor | None,
    sampled_by: Policy,
    reward: TotalReward,
    progress: float,
) -> MicroBatchLoss:
    """Of the rollout under the policy as it is now: same batch, same precision as sampled."""
    kl = run.cfg.learn.kl
    in_loss = kl is not None and kl.in_loss and run.kl_coef > 0
    batch = MicroBatch(
        policy=run.policy,
        sampled_by=sampled_by,
        reference=run.reference if in_loss else None,
        rollout=rollout,
        advantage=advantage,
        sampler=run.sampler,
        kl=run.kl,
        kl_coef=run.kl_coef,
        reward=differentiable(reward, rollout, progress),
    )
    with run.accelerator.autocast():
        return with_auxiliary(run, rollout, run.loss(batch))


def optimize_policy(
    run: Training,
    rollouts: list[Rollout],
    advantages: Sequence[Tensor | None],
    reward: TotalReward,
    progress: float,
) -> dict[str, float]:
    """``learn.epochs`` passes, each of ``learn.optimizer_steps`` steps on a part of its own."""
    learn, seed = run.cfg.learn, run.cfg.seed
    losses, norms = [], []
    size = len(rollouts) // learn.optimizer_steps
    n_samples = size * len(rollouts[0].image) * run.n_processes
    sampled_by = copy.deepcopy(run.policy) if run.loss.needs_snapshot else run.policy
    for epoch in range(learn.epochs):
        order = torch.Generator().manual_seed(seed_of(seed, Stream.STEP_ORDER, run.step, epoch))
        for part in torch.randperm(learn.optimizer_steps, generator=order).tolist():
            for i in range(part * size, (part + 1) * size):
                loss = loss_of(run, rollouts[i], advantages[i], sampled_by, reward, progress)
                accumulate(loss, n_samples)
                losses.append(loss)
            norms.append(optimizer_step(run))
    return statistics(losses, run.gather) | {"policy/grad_norm": sum(norms) / len(norms)}


def optimizer_step(run: Training) -> float:
    """One step with the accumulated gradient, then EMA; skipped and counted if not finite."""
    norm = reduced_gradient(run.parameters, run.sum)
    if bool(norm.isfinite()):
        clip_gradient(run.parameters, norm, run.cfg.learn.max_grad_norm)
        run.optimizer.step()
        run.ema.step(run.parameters)
    else:
        run.count_bad(norm)
    run.optimizer.zero_grad(set_to_none=True)
    return float(norm)


def update_reference(run: Training, metrics: dict[str, float]) -> dict[str, float]:
    """Adapt the KL's weight, and let the policy be the new reference, as ``learn.kl`` says."""
    kl = run.cfg.learn.kl
    if kl is None:
        return {}
    used = run.kl_coef
    if kl.target is not None:
        seen = metrics["policy/kl_ref" if kl.in_loss else "policy/kl_reward"]
        run.kl_coef = adapt_kl_coef(run.kl_coef, seen, kl.target)
    if kl.reset_every is not None and run.step % kl.reset_every == 0:
        run.reference.load_state_dict(run.policy.state_dict())
    return {"policy/kl_coef": used}
