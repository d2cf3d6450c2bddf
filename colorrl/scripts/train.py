"""`colorrl train`: improve a pretrained flat generator by policy gradients on verifiable rewards.

Each update, as in GRPO (Shao et al., arXiv 2402.03300) carried to denoising steps (DDPO,
arXiv 2305.13301; Flow-GRPO, arXiv 2505.05470):

    1. draw S sketches
    2. sample G colourings of each with the policy, keeping every state
    3. score them
    4. advantages: each colouring against the others of its sketch
    5. K optimiser steps on the clipped surrogate over the stored transitions
    6. average the weights (EMA), track, judge on held-out sketches, save

`learn=` puts other advantages and losses in the places of 4 and 5.

Deviations: log-densities are factored by region, so a region can be credited on its own; noise
is correlated within regions; ratios are per element of the state; advantages are normalised per
group before micro-batching, so the update does not depend on the micro-batch size; gradients are
summed over processes by hand, which leaves the networks unwrapped.
"""

from __future__ import annotations

import math
import time
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from hydra.utils import instantiate
from torch import Tensor
from tqdm import tqdm

from colorrl.config.compose import run_dir
from colorrl.config.schema.learn import TrainConfig
from colorrl.data.draw import Pool
from colorrl.data.load import load_pools, load_sketches
from colorrl.evaluation.judge import Judge, make_judge, means
from colorrl.rewards.total import TotalReward
from colorrl.run.interrupt import Interrupt
from colorrl.run.lock import alone
from colorrl.run.start import start_tracking
from colorrl.run.tracker import EVERY, Trackers
from colorrl.training.batch_size import arithmetic, check_batch, micro_size, rehearse
from colorrl.training.clock import Clock
from colorrl.training.rollout_metrics import rewarded
from colorrl.training.state import Training
from colorrl.training.steps import (
    advantage,
    draw,
    local_indices,
    optimize_policy,
    sample,
    score,
    step_orders,
    update_reference,
)
from colorrl.training.validation import (
    judge_start,
    judged,
    keep_checkpoints,
    progress_text,
    report,
    validate,
)


def main(cfg: TrainConfig) -> None:
    """Train until ``trainer.updates`` or ``trainer.budget_minutes``, then report the gain."""
    with closing(Training(cfg)) as run:
        check_batch(cfg, run.processes.n_processes)
        reward = instantiate(cfg.reward)
        if cfg.dry_run:
            train, _ = load_data(cfg, run, reward)
            return rehearse(run, lambda: update(run, train, reward))
        if run.is_main:
            tqdm.write(arithmetic(run))
        folder = run_dir(cfg)
        with alone(folder) if run.is_main else nullcontext():
            run_training(run, reward, folder)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What watches a run, keeps it and may stop it."""

    judge: Judge
    tracker: Trackers
    folder: Path
    interrupt: Interrupt


def run_training(run: Training, reward: TotalReward, folder: Path) -> None:
    """What happens in the run's folder, from its latest checkpoint on."""
    train, judge = load_data(run.cfg, run, reward)  # before resume=restart removes anything
    resumed = run.resume(folder)
    judge_start(run, judge)
    tracker = start_tracking("train", run.cfg, resumed) if run.is_main else Trackers()
    with Interrupt() as interrupt:
        around = Surroundings(judge, tracker, folder, interrupt)
        interrupted = train_loop(run, train, reward, around)
        keep_checkpoints(tracker, folder)
        if not interrupted:
            report(run, judge, tracker, folder)
    if interrupted:
        if run.is_main:
            tqdm.write(f"step {run.step} is saved in {folder}: resume=auto goes on from there")
        raise KeyboardInterrupt


def train_loop(run: Training, train: list[Pool], reward: TotalReward, around: Surroundings) -> bool:
    """The algorithm box. Whether a person stopped it, which any process may have heard."""
    t, began = run.cfg.trainer, time.monotonic()
    limit = math.inf if t.budget_minutes is None else 60 * t.budget_minutes
    bar = tqdm(total=t.updates, initial=run.step, desc="train", disable=not run.is_main)
    stop, spent, asked = run.step >= t.updates, False, False
    if run.step == 0:  # where every curve of held-out metrics begins
        around.tracker.log(0, 0, means(run.before))
    while not stop:
        metrics, histograms = update(run, train, reward)  # 1 to 5
        last = run.step == t.updates
        # Clocks, signals and roundings differ between processes: what one wants, all do.
        spent = run.processes.agree(time.monotonic() - began > limit)
        if run.step % t.eval_every == 0 or last:
            metrics |= validate(run, around.judge, around.tracker, around.folder)  # 6
        elif spent:
            metrics |= judged(run, around.judge, around.tracker)
        around.tracker.log(run.step, run.images, metrics, histograms)
        bar.update()
        bar.set_postfix_str(progress_text(run, metrics["reward/total"]))
        asked = run.processes.agree(around.interrupt.requested)
        stop = last or spent or asked
        if run.processes.agree(stop or run.step % t.save_every == 0 or run.step == run.best_step):
            keep(run, around)
    bar.close()
    if run.is_main and run.step < t.updates and spent and not asked:
        tqdm.write(
            f"trainer.budget_minutes={t.budget_minutes:g} ended the run at update {run.step} of "
            f"{t.updates}: the same command with resume=auto goes on for as long again"
        )
    return asked


def keep(run: Training, around: Surroundings) -> None:
    """A checkpoint on this disk; a tracker may upload it."""
    saved = run.save(around.folder)
    if saved is not None:
        around.tracker.artifact(saved, EVERY)


def update(
    run: Training, train: list[Pool], reward: TotalReward
) -> tuple[dict[str, float], dict[str, Tensor]]:
    """One pass through the box: its metrics, and reward terms for histograms."""
    learn, trainer, clock = run.cfg.learn, run.cfg.trainer, Clock(run.device)
    actor, processes, seeds = run.actor, run.processes, run.seeds
    progress = min(1.0, run.step / trainer.updates)
    keep_x0 = run.estimator is not None and run.estimator.reads_states
    size = micro_size(run.cfg, processes.n_processes)
    local = local_indices(trainer.sketches, size, processes.rank, processes.n_processes)
    batches = draw(train, trainer.sketches, local, seeds, run.make_batch, run.n_slots)  # 1
    rollouts = [  # 2
        sample(actor, b, i, trainer.group_size, seeds, keep_x0)
        for b, i in zip(batches, local, strict=True)
    ]
    clock.lap("sample")
    scores = [score(reward, r, progress) for r in rollouts]  # 3
    clock.lap("reward")
    paid, metrics = run.penalty.paid(actor, rollouts, processes.gather)
    advantages, measured = advantage(run.estimator, learn, rollouts, scores, paid, processes)  # 4
    loss_of = run.objective.at(actor, reward, progress)
    orders, n_bad = step_orders(learn, seeds), run.weights.n_bad
    optimized = optimize_policy(loss_of, run.weights, rollouts, advantages, orders, processes)  # 5
    clock.lap("update")
    run.step += 1
    if run.weights.n_bad > n_bad and processes.rank == 0:
        tqdm.write(f"WARNING update {run.step}: a gradient was not finite, its step is skipped")
    run.images += trainer.sketches * trainer.group_size
    metrics |= measured | optimized
    metrics |= update_reference(run.penalty, actor, run.step, metrics)
    figures, terms = rewarded(rollouts, scores, processes.gather)
    bad = {"policy/n_bad_updates": float(run.weights.n_bad)}
    return metrics | figures | bad | clock.times, terms


def load_data(cfg: TrainConfig, run: Training, reward: TotalReward) -> tuple[list[Pool], Judge]:
    """Training sketches by drawing, and the judge of held-out ones."""
    train = load_pools(cfg.data, run.size)
    held_out = load_sketches(cfg.data, "val", run.size, cfg.trainer.eval_sketches)
    drawings = (group for pool in train for group in pool.groups)
    run.n_slots = 1 + max(s.regions.n_regions for group in drawings for s in group)
    return train, make_judge(held_out, reward, run.device, cfg.trainer.n_palette)
