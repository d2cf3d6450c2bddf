"""The steps of an update as train.py numbers them, each on this process's share.

draw (1), sample (2), score (3), advantage (4), optimize_policy (5) and update_reference, in the
order in which they run. The loss that optimize_policy minimises is `objective.Objective`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from colorrl.config.schema.learn import LearnConfig
from colorrl.data.draw import Pool, draw_from
from colorrl.learn.advantage import assign
from colorrl.learn.estimators import Estimator
from colorrl.learn.update import accumulate, statistics
from colorrl.policy.rollout import sample_rollout
from colorrl.rewards.total import TotalReward
from colorrl.seeding import StepSeeds, Stream
from colorrl.training.actor import Actor
from colorrl.training.batches import BatchMaker
from colorrl.training.objective import LossOf
from colorrl.training.penalty import Penalty
from colorrl.training.processes import Processes
from colorrl.training.weights import Weights
from colorrl.types import Rollout, Scores, SketchBatch


def local_indices(n_sketches: int, size: int, rank: int, n_processes: int) -> list[list[int]]:
    """This process's micro-batches of ``size``, as indices of all the step's ``n_sketches``.

    They are dealt to processes in turn, so that an optimiser step sees the same sketches whatever
    the number of processes and the size of micro-batches.
    """
    local = range(rank, n_sketches, n_processes)
    return [list(local[i : i + size]) for i in range(0, len(local), size)]


def draw(
    train: Sequence[Pool],
    n_sketches: int,
    local: list[list[int]],
    seeds: StepSeeds,
    make_batch: BatchMaker,
    n_slots: int,
) -> list[SketchBatch]:
    """Those of the update's ``n_sketches`` that are ``local``, a batch for each micro-batch.

    All are padded to ``n_slots`` region ids: shapes are then those of any other split.
    """
    drawn = draw_from(train, n_sketches, seeds.seed, seeds.step)
    return [
        make_batch(
            [drawn[i] for i in indices], [seeds.of(Stream.AUGMENT, i) for i in indices], n_slots
        )
        for indices in local
    ]


def sample(
    actor: Actor,
    sketch: SketchBatch,
    indices: list[int],
    group_size: int,
    seeds: StepSeeds,
    keep_x0: bool = False,
) -> Rollout:
    """``group_size`` colourings of each of ``sketch``, which have these ``indices`` in the update.

    ``keep_x0`` keeps the predicted picture of each step, for an estimator that ``reads_states``.
    """
    noise = [seeds.of(Stream.ROLLOUT, i, g) for i in indices for g in range(group_size)]
    with actor.autocast():
        return sample_rollout(
            actor.policy, sketch, group_size, torch.tensor(noise), actor.sampler, keep_x0
        )


def score(reward: TotalReward, rollout: Rollout, progress: float) -> Scores:
    """Scores of a rollout's images. Raises FloatingPointError naming sketch and term."""
    sketch = rollout.sketch.repeat(rollout.group_size)
    return reward.score(rollout.image, sketch, rollout.group, progress)


def advantage(
    estimator: Estimator | None,
    learn: LearnConfig,
    rollouts: list[Rollout],
    scores: list[Scores],
    paid: list[Tensor],
    processes: Processes,
) -> tuple[Sequence[Tensor | None], dict[str, float]]:
    """Advantages of each micro-batch, and figures of what they are measured against.

    (N,) for image credit, (N, R+1) for the others, (N, T, 1) where each step has its own; None
    for a loss that takes none. ``paid`` (N, T, R+1), in units of reward, is taken from the steps
    that pay it, and from the credit of the regions that do.
    """
    if estimator is None:
        return [None] * len(rollouts), {}
    rewards = [-p.sum(2) for p in paid]
    for reward, earned in zip(rewards, scores, strict=True):
        reward[:, -1] += earned.training_reward
    found, figures = estimator(rollouts, rewards, processes)
    if estimator.per_step:
        return found, figures
    return [
        assign(learn.credit, a, s.credit - p.sum(1), r.group, r.count, learn.credit_mix)
        for a, s, p, r in zip(found, scores, paid, rollouts, strict=True)
    ], figures


def step_orders(learn: LearnConfig, seeds: StepSeeds) -> list[list[int]]:
    """For each of ``learn.epochs`` passes an order of its ``learn.optimizer_steps`` parts."""
    orders = []
    for epoch in range(learn.epochs):
        order = torch.Generator().manual_seed(seeds.of(Stream.STEP_ORDER, epoch))
        orders.append(torch.randperm(learn.optimizer_steps, generator=order).tolist())
    return orders


def optimize_policy(
    loss_of: LossOf,
    weights: Weights,
    rollouts: list[Rollout],
    advantages: Sequence[Tensor | None],
    orders: list[list[int]],
    processes: Processes,
) -> dict[str, float]:
    """An optimiser step on each part of the rollouts, in the order of each pass; its figures."""
    losses, norms = [], []
    size = len(rollouts) // len(orders[0])
    n_samples = size * len(rollouts[0].image) * processes.n_processes
    for order in orders:
        for part in order:
            for i in range(part * size, (part + 1) * size):
                loss = loss_of(rollouts[i], advantages[i])
                accumulate(loss, n_samples)
                losses.append(loss)
            norms.append(weights.step(processes.sum))
    return statistics(losses, processes.gather) | {"policy/grad_norm": sum(norms) / len(norms)}


def update_reference(
    penalty: Penalty, actor: Actor, step: int, metrics: dict[str, float]
) -> dict[str, float]:
    """Adapt the KL's weight, and let the policy be the new reference, as ``learn.kl`` says.

    ``step`` counts updates, ``metrics`` are of this one.
    """
    if penalty.estimator is None:
        return {}
    used = penalty.coef
    penalty.adapt(metrics)
    if penalty.reset_every is not None and step % penalty.reset_every == 0:
        actor.reference.load_state_dict(actor.policy.state_dict())
    return {"policy/kl_coef": used}
