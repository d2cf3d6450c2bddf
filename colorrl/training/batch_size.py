"""The batch arithmetic of an update: checked before it runs, printed and timed by ``dry_run``."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from colorrl.config.compatibility import uncredited
from colorrl.config.schema.learn import TrainConfig
from colorrl.device import peak_memory_gib
from colorrl.errors import UserError
from colorrl.training.state import Training


def check_batch(cfg: TrainConfig, n_processes: int) -> None:
    """Raises UserError, with the remedy, for totals that do not divide."""
    sketches, steps = cfg.trainer.sketches, cfg.learn.optimizer_steps
    if sketches % (steps * n_processes):
        raise UserError(
            f"trainer.sketches={sketches} must be a multiple of learn.optimizer_steps={steps} "
            f"times {n_processes} process(es)"
        )


def micro_size(cfg: TrainConfig, n_processes: int) -> int:
    """Sketches of a micro-batch: what divides a process's part of an optimiser step evenly.

    The largest such number up to ``trainer.micro_sketches``.
    """
    part = cfg.trainer.sketches // (cfg.learn.optimizer_steps * n_processes)
    most = min(part, cfg.trainer.micro_sketches)
    return next(m for m in range(most, 0, -1) if part % m == 0)


def rehearse(run: Training, update: Callable[[], object]) -> None:
    """Print the batch arithmetic, then time ``update``. Writes nothing."""
    say = print if run.is_main else (lambda text: None)
    say(arithmetic(run))
    update()  # the first one warms up
    began = time.monotonic()
    update()
    say(expectation(run, time.monotonic() - began))
    sizes = (f"{name} {size / 2**30:.2f}" for name, size in memory_by_part(run).items())
    say(f"memory in GiB: {', '.join(sizes)}; the rest of the peak is activations and libraries")


def memory_by_part(run: Training) -> dict[str, int]:
    """Bytes that lie in memory besides activations: parts of the generator, then what learns."""
    parts = {
        name: sum(p.nbytes for n, p in part.named_parameters() if ".lora_" not in n)
        for name, part in run.generator.components.items()
        if isinstance(part, torch.nn.Module)
    }
    learning = sum(p.nbytes for p in run.weights.parameters)
    return parts | {
        "policy's own": sum(p.nbytes for p in run.policy.parameters()),
        "gradients": learning,
        "AdamW": 2 * learning,
        "averaged weights": learning,
    }


def arithmetic(run: Training) -> str:
    """The totals of an update and what each process makes of them."""
    t, learn = run.cfg.trainer, run.cfg.learn
    n_images = t.sketches * t.group_size
    micro = micro_size(run.cfg, run.processes.n_processes)
    left_out = uncredited(learn, run.cfg.reward)
    n_learnt = sum(p.numel() for p in run.weights.parameters)
    inert = run.objective.loss.off_policy and learn.epochs * learn.optimizer_steps == 1
    return (
        f"{t.sketches} sketches x {t.group_size} samples = {n_images} images an update, "
        f"{run.sampler.n_steps} denoising steps, {int(run.sampler.stochastic().sum())} of them "
        f"stochastic\n{learn.epochs} x {learn.optimizer_steps} optimiser steps an update, "
        f"{run.processes.n_processes} process(es), {micro} x {t.group_size} = "
        f"{micro * t.group_size} images a micro-batch, {n_learnt:,} parameters"
        + (f"\nregions are not credited for: {', '.join(left_out)}" if left_out else "")
        + ("\none optimiser step an update: ratios stay 1 and no clip range acts" if inert else "")
    )


def expectation(run: Training, seconds: float) -> str:
    """Speed, memory and expected time at ``seconds`` an update."""
    t = run.cfg.trainer
    n_images = t.sketches * t.group_size
    minutes = seconds * t.updates / 60
    if t.budget_minutes is not None:
        minutes = min(minutes, t.budget_minutes)
    return (
        f"{seconds:.1f} s an update ({n_images / seconds:.1f} images/s), peak memory "
        f"{peak_memory_gib(run.device):.1f} GiB a process, expected time {minutes:.0f} min"
    )
