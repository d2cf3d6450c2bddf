"""What every algorithm and experiment owes: ratio 1 at first, and a resume to the bit."""

from pathlib import Path
from typing import Any

import torch

from colorrl.learn.update import MicroBatchLoss
from colorrl.scripts.train import update
from colorrl.training.state import Training
from colorrl.training.steps import advantage, draw, local_indices, loss_of, sample, score
from colorrl.types import Rollout
from tests.tiny import assert_same_state

SMALL = [
    "trainer.sketches=2",
    "trainer.group_size=2",
    "learn.optimizer_steps=1",
    "trainer.updates=9",
]


def started(cfg: Any, drawings: Any) -> Training:
    """A run of ``cfg`` that knows how many regions ``drawings`` (pools) have."""
    run = Training(cfg)
    run.n_slots = 1 + max(s.regions.n_regions for pool in drawings for g in pool.groups for s in g)
    return run


def first_parts(
    run: Training, drawings: Any, reward: Any
) -> tuple[list[Rollout], list[MicroBatchLoss]]:
    """The rollouts of an update and their losses, before any step."""
    local = local_indices(run)
    batches = draw(run, drawings, local)
    rollouts = [sample(run, b, p) for b, p in zip(batches, local, strict=True)]
    advantages, _ = advantage(run, rollouts, [score(reward, r, 1.0) for r in rollouts])
    pairs = zip(rollouts, advantages, strict=True)
    return rollouts, [loss_of(run, r, a, run.policy, reward, 1.0) for r, a in pairs]


def assert_ratio_one(rollouts: list[Rollout], parts: list[MicroBatchLoss]) -> None:
    """To the bit, for each sample and stochastic step."""
    for rollout, part in zip(rollouts, parts, strict=True):
        # a reduction over the batch would pass for a broadcast
        n = len(rollout.image)
        assert part.columns["log_ratio"].shape == (n, int(rollout.stochastic.sum()))
        assert part.columns["kl_ref"].shape == part.columns["elements"].shape == (n,)
        assert (part.columns["log_ratio"] == 0).all()
        assert not part.columns["clipped_high"].any() and not part.columns["clipped_low"].any()


def assert_resumes(make: Any, drawings: Any, reward: Any, folder: Path, n: int = 2) -> dict:
    """``n`` updates, a checkpoint, ``n`` more: as without the break. The last update's figures.

    ``make`` makes a run, given more overrides.
    """
    straight = make()
    for step in range(2 * n):
        metrics, _ = update(straight, drawings, reward)
        if step == n - 1:
            straight.save(folder)
    resumed = make("resume=auto")
    assert resumed.resume(folder) == n
    for _ in range(n):
        again, _ = update(resumed, drawings, reward)
    metrics_of = [
        {k: v for k, v in m.items() if not k.startswith("time/")} for m in (metrics, again)
    ]
    # repr: a figure of nothing is NaN, which equals nothing
    assert repr(metrics_of[0]) == repr(metrics_of[1])
    assert_same_state(straight.state(), resumed.state())
    assert torch.tensor(metrics_of[0]["policy/grad_norm"]).isfinite()
    return metrics_of[0]
