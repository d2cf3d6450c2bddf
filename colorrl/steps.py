"""The steps of an update as train.py numbers them, each on this process's share."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor

from colorrl.arithmetic import micro_size
from colorrl.data.augment import augment
from colorrl.data.batch import collate
from colorrl.data.draw import Pool, draw_from
from colorrl.learn import update
from colorrl.learn.advantage import assign, zero_variance_share
from colorrl.policy.rollout import sample_rollout
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.training import Training
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
        [augment(drawn[p], seed_of(cfg.seed, 4, run.step, p), cfg.augment) for p in chunk]
        for chunk in mine
    ]
    return [collate(c, run.n_slots, cfg.trainer.n_palette).to(run.device) for c in changed]


def sample(run: Training, sketch: SketchBatch, mine: list[int]) -> Rollout:
    """``trainer.group`` colourings of each of ``sketch``, which stand at ``mine``."""
    cfg, group = run.cfg, run.cfg.trainer.group
    seeds = [seed_of(cfg.seed, 8, run.step, p, g) for p in mine for g in range(group)]
    with run.accelerator.autocast():
        return sample_rollout(run.policy, sketch, group, torch.tensor(seeds), run.sampler)


def score(reward: TotalReward, rollout: Rollout, progress: float) -> Scores:
    """Scores of a rollout's images. Raises FloatingPointError naming sketch and term."""
    sketch = rollout.sketch.repeat(len(rollout.image) // len(rollout.sketch))
    return reward.score(rollout.image, sketch, rollout.group, progress)


def rewarded(run: Training, scores: list[Scores]) -> tuple[dict[str, float], dict[str, Tensor]]:
    """reward/* and group/* figures over all processes, and the values behind them."""
    values = {"reward/total": run.gather(torch.cat([s.total for s in scores]))}
    for name in scores[0].term:
        values[f"reward/{name}"] = run.gather(torch.cat([s.term[name] for s in scores]))
    groups = values["reward/total"].view(-1, run.cfg.trainer.group)
    ids = torch.arange(groups.numel(), device=groups.device) // run.cfg.trainer.group
    return {
        **{name: float(of_all.mean()) for name, of_all in values.items()},
        "reward/std": float(groups.std(1).mean()),
        "group/zero_std_frac": zero_variance_share(values["reward/total"], ids),
        "policy/n_bad_updates": float(run.n_bad),
    }, values


def advantage(run: Training, rollouts: list[Rollout], scores: list[Scores]) -> list[Tensor]:
    """Advantages of each micro-batch, (N,) for image credit and (N, R+1) for the others."""
    learn = run.cfg.learn
    relative = torch.cat([s.relative for s in scores])
    everyone = run.gather(relative)
    groups = torch.arange(len(everyone), device=relative.device) // run.cfg.trainer.group
    mine = run.mine(run.advantage(everyone, groups)).split([len(s.total) for s in scores])
    return [
        assign(learn.credit, a, s.credit, r.group, r.count, learn.credit_mix)
        for a, s, r in zip(mine, scores, rollouts, strict=True)
    ]


def learn(run: Training, rollouts: list[Rollout], advantages: list[Tensor]) -> dict[str, float]:
    """``learn.epochs`` passes, each of ``learn.optimizer_steps`` steps on a part of its own."""
    cfg, marks, norms = run.cfg, [], []
    size = len(rollouts) // cfg.learn.optimizer_steps
    n_samples = size * len(rollouts[0].image) * run.n_processes
    for epoch in range(cfg.learn.epochs):
        order = torch.Generator().manual_seed(seed_of(cfg.seed, 9, run.step, epoch))
        for part in torch.randperm(cfg.learn.optimizer_steps, generator=order).tolist():
            for i in range(part * size, (part + 1) * size):
                marks.append(scored_again(run, rollouts[i], advantages[i]))
                update.accumulate(marks[-1], n_samples)
            norms.append(optimise(run))
    return update.statistics(marks, run.gather) | {"policy/grad_norm": sum(norms) / len(norms)}


def scored_again(run: Training, rollout: Rollout, advantages: Tensor) -> update.Rescored:
    """The rollout under the policy as it is now, as it was sampled: same batch, same precision."""
    kl_coef = run.cfg.learn.kl_coef
    reference = run.reference if kl_coef else None
    with run.accelerator.autocast():
        return update.rescore(
            run.policy, reference, rollout, advantages, run.sampler, run.loss, kl_coef
        )


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
    """Seconds since the last lap, by name."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.times[f"time/{name}_s"] = now - self._last
        self._last = now
