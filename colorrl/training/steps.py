"""The steps of an update as train.py numbers them, each on this process's share."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from colorrl.data.augmentation.augment import augment
from colorrl.data.batch import collate
from colorrl.data.draw import Pool, draw_from
from colorrl.learn import update
from colorrl.learn.kl import steered
from colorrl.policy.rollout import sample_rollout
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.training.batch_size import micro_size
from colorrl.training.objective import objective
from colorrl.training.state import Training
from colorrl.types import Rollout, Scores, SketchBatch


def places(run: Training) -> list[list[int]]:
    """This process's micro-batches, as places of sketches among all of the step's.

    Places are dealt to processes in turn, so that an optimiser step sees the same sketches
    whatever the number of processes and the size of micro-batches.
    """
    mine = range(run.rank, run.cfg.trainer.sketches, run.n_processes)
    size = micro_size(run.cfg, run.n_processes)
    return [list(mine[i : i + size]) for i in range(0, len(mine), size)]


def draw(run: Training, train: Sequence[Pool], mine: list[list[int]]) -> list[SketchBatch]:
    """The sketches at ``mine``, augmented, a batch for each micro-batch."""
    cfg = run.cfg
    drawn = draw_from(train, cfg.trainer.sketches, cfg.seed, run.step)
    changed = [
        [
            augment(
                drawn[p], seed_of(cfg.seed, 4, run.step, p), cfg.augment, cfg.data.palette_condition
            )
            for p in chunk
        ]
        for chunk in mine
    ]
    return [collate(c, run.n_slots, cfg.trainer.n_palette).to(run.device) for c in changed]


def sample(run: Training, sketch: SketchBatch, mine: list[int]) -> Rollout:
    """``trainer.group`` colourings of each of ``sketch``, which stand at ``mine``."""
    cfg, group = run.cfg, run.cfg.trainer.group
    seeds = [seed_of(cfg.seed, 8, run.step, p, g) for p in mine for g in range(group)]
    valued = cfg.learn.advantage is not None and cfg.learn.advantage.by == "step"
    with run.accelerator.autocast():
        return sample_rollout(
            run.policy, sketch, group, torch.tensor(seeds), run.sampler, keep_x0=valued
        )


def score(reward: TotalReward, rollout: Rollout, progress: float) -> Scores:
    """Scores of a rollout's images. Raises FloatingPointError naming sketch and term."""
    sketch = rollout.sketch.repeat(rollout.n_samples)
    return reward.score(rollout.image, sketch, rollout.group, progress)


def learn(
    run: Training,
    rollouts: list[Rollout],
    advantages: Sequence[Tensor | None],
    reward: TotalReward,
    progress: float,
) -> dict[str, float]:
    """``learn.epochs`` passes, each of ``learn.optimizer_steps`` steps on a part of its own."""
    cfg, parts, norms = run.cfg, [], []
    size = len(rollouts) // cfg.learn.optimizer_steps
    n_samples = size * len(rollouts[0].image) * run.n_processes
    sampled_by = copy.deepcopy(run.policy) if cfg.learn.loss.reads == "images" else run.policy
    for epoch in range(cfg.learn.epochs):
        order = torch.Generator().manual_seed(seed_of(cfg.seed, 9, run.step, epoch))
        for part in torch.randperm(cfg.learn.optimizer_steps, generator=order).tolist():
            for i in range(part * size, (part + 1) * size):
                parts.append(
                    objective(run, rollouts[i], advantages[i], sampled_by, reward, progress)
                )
                update.accumulate(parts[-1], n_samples)
            norms.append(optimise(run))
    return update.statistics(parts, run.gather) | {"policy/grad_norm": sum(norms) / len(norms)}


def anchor(run: Training, metrics: dict[str, float]) -> dict[str, float]:
    """Steer the KL's weight, and let the policy be the new start, where ``learn.kl`` says so."""
    kl = run.cfg.learn.kl
    if kl is None:
        return {}
    used = run.kl_coef
    if kl.target is not None:
        seen = metrics["policy/kl_ref" if kl.where == "loss" else "policy/kl_reward"]
        run.kl_coef = steered(run.kl_coef, seen, kl.target)
    if kl.reset_every is not None and run.step % kl.reset_every == 0:
        run.reference.load_state_dict(run.policy.state_dict())
    return {"policy/kl_coef": used}


def optimise(run: Training) -> float:
    """One optimiser step with the accumulated gradient; skipped and counted if not finite."""
    parameters = run.parameters
    norm = update.reduced_gradient(parameters, run.sum)
    if bool(norm.isfinite()):
        update.clip_gradient(parameters, norm, run.cfg.learn.max_grad_norm)
        run.optimizer.step()
        run.ema.step(parameters)
    else:
        run.count_bad(norm)
    run.optimizer.zero_grad(set_to_none=True)
    return float(norm)


class Clock:
    """Seconds since the last lap, by name, with what was asked of ``device`` done."""

    def __init__(self, device: torch.device) -> None:
        self.times: dict[str, float] = {}
        self.device = device
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        now = time.monotonic()
        self.times[f"time/{name}_s"] = now - self._last
        self._last = now
