"""What every algorithm and experiment owes: ratio 1 at first, and a resume to the bit."""

from pathlib import Path
from typing import Any

import torch

from colorrl.learn.update import MicroBatchLoss
from colorrl.scripts.train import update
from colorrl.training.batch_size import micro_size
from colorrl.training.state import Training
from colorrl.training.steps import advantage, draw, local_indices, sample, score
from colorrl.types import Rollout, Scores, SketchBatch
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


def local_of(run: Training) -> list[list[int]]:
    """This process's micro-batches of an update of ``run``, as indices."""
    n = run.processes.n_processes
    return local_indices(run.cfg.trainer.sketches, micro_size(run.cfg, n), run.processes.rank, n)


def drawn(run: Training, drawings: Any, local: list[list[int]] | None = None) -> list[SketchBatch]:
    """The batches of ``run``'s next update, those of ``local`` alone if given."""
    local = local_of(run) if local is None else local
    n = run.cfg.trainer.sketches
    return draw(drawings, n, local, run.seeds, run.make_batch, run.n_slots)


def sampled(run: Training, sketch: SketchBatch, indices: list[int]) -> Rollout:
    """A group of colourings of each of ``sketch``, as ``run``'s next update samples them."""
    keep_x0 = run.estimator is not None and run.estimator.reads_states
    return sample(run.actor, sketch, indices, run.cfg.trainer.group_size, run.seeds, keep_x0)


def rollouts_of(run: Training, drawings: Any) -> list[Rollout]:
    """The rollouts of ``run``'s next update."""
    return [sampled(run, b, i) for b, i in zip(drawn(run, drawings), local_of(run), strict=True)]


def advantages_of(run: Training, rollouts: list[Rollout], scores: list[Scores]) -> tuple[Any, dict]:
    """Their advantages and figures, a KL in the reward among them."""
    paid, figures = run.penalty.paid(run.actor, rollouts, run.processes.gather)
    found, measured = advantage(run.estimator, run.cfg.learn, rollouts, scores, paid, run.processes)
    return found, measured | figures


def first_parts(
    run: Training, drawings: Any, reward: Any
) -> tuple[list[Rollout], list[MicroBatchLoss]]:
    """The rollouts of an update and their losses, before any step."""
    rollouts = rollouts_of(run, drawings)
    advantages, _ = advantages_of(run, rollouts, [score(reward, r, 1.0) for r in rollouts])
    loss_of = run.objective.at(run.actor, reward, 1.0)
    return rollouts, [loss_of(r, a) for r, a in zip(rollouts, advantages, strict=True)]


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
