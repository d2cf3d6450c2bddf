"""`colorrl pretrain`: train a flat generator from scratch, by flow matching or, of region tokens,
by masked diffusion.

One step: draw sketches (drawings of a set uniformly, then one of their colourings), augment,
predict the clean image from a noisy one or the hidden regions from the others, AdamW, EMA. The
data of step s are a function of (seed, s), so a resumed run continues bit-identically.
"""

from __future__ import annotations

import math
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision.transforms.functional import to_pil_image
from tqdm import tqdm

from colorrl.config.compose import run_dir
from colorrl.config.schema.generator import PretrainConfig
from colorrl.data.ahead import batches
from colorrl.data.augmentation.augment import augment
from colorrl.data.batch import collate
from colorrl.data.draw import Pool, draw_from
from colorrl.data.load import load_pools, load_sketches
from colorrl.device import peak_memory_gib
from colorrl.errors import UserError
from colorrl.policy.flow_matching import x0_error
from colorrl.policy.pipeline import ode_sample
from colorrl.policy.transition import time_grid
from colorrl.run import checkpoint
from colorrl.run.hub import write_card
from colorrl.run.interrupt import Interrupt
from colorrl.run.lock import alone
from colorrl.run.result import write_result
from colorrl.run.start import start_tracking
from colorrl.run.tracker import Trackers
from colorrl.seeding import seed_of
from colorrl.spaced import spaced
from colorrl.training.pretrain_panel import before_after, panel
from colorrl.training.pretrain_state import Pretraining, Task, seeds_of
from colorrl.training.token_task import token_task
from colorrl.types import Sketch, SketchBatch

# region ids are padded to a multiple: each other number compiles the network again
SLOTS = 32
VALIDATION_TIMES = (0.97, 0.9, 0.75, 0.5, 0.25)


def draw_batch(pools: Sequence[Pool], cfg: PretrainConfig, step: int) -> SketchBatch:
    """The batch of step ``step``: augmented colourings of ``batch_size`` drawings."""
    sketches = [
        augment(sketch, seed_of(cfg.seed, 4, step, i), cfg.augment, cfg.data.palette_condition)
        for i, sketch in enumerate(draw_from(pools, cfg.batch_size, cfg.seed, step))
    ]
    most = 1 + max(s.regions.n_regions for s in sketches)
    n_slots = -(-most // SLOTS) * SLOTS if cfg.compile else None
    return collate(sketches, n_slots, cfg.n_palette)


def fetched(
    pools: Sequence[Pool], cfg: PretrainConfig, device: torch.device, step: int
) -> SketchBatch:
    """``draw_batch``, laid out for the copy to ``device``: a loader's work."""
    batch = draw_batch(pools, cfg, step)
    return batch.pin_memory() if device.type == "cuda" else batch


@torch.no_grad()
def validate(run: Pretraining, sketches: Sequence[Sketch]) -> dict[str, float]:
    """x0 error of the EMA weights on held-out sketches, at fixed times and noise."""
    errors: dict[float, list[float]] = defaultdict(list)
    with run.averaged():
        for chunk in (sketches[i : i + 64] for i in range(0, len(sketches), 64)):
            batch = collate(chunk, n_palette=run.cfg.n_palette).to(run.device)
            seeds = seeds_of(run.cfg.seed, 5, 0, len(batch))
            for t in VALIDATION_TIMES:
                at = torch.full((len(batch),), t, device=run.device)
                errors[t] += x0_error(run.network, batch, at, seeds, run.cfg.rho).tolist()
    mean = {f"eval/x0_error_t{t:g}": sum(e) / len(e) for t, e in errors.items()}
    return mean | {"eval/x0_error": sum(mean.values()) / len(mean)}


@torch.no_grad()
def sampled(run: Pretraining, network: Any, batch: SketchBatch) -> Tensor:
    """(N, 3, H, W) flats of ``network``, at the settings that its generator is saved with."""
    grid = time_grid(run.cfg.n_steps, run.cfg.sample_shift)
    seeds = seeds_of(run.cfg.seed, 6, 0, len(batch))
    return ode_sample(network, batch, grid, run.cfg.rho, seeds)


def main(cfg: PretrainConfig) -> None:
    """Train to ``cfg.steps`` (or the time budget), then write the generator folder."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UserError("pretrain runs in one process: start it without `accelerate launch`")
    folder = run_dir(cfg)
    if cfg.dry_run:
        return rehearse(Pretraining(cfg), folder)
    with alone(folder):
        work(Pretraining(cfg), folder)


def rehearse(run: Pretraining, folder: Path) -> None:
    """Print what a step takes and the time that the run will. Writes nothing."""
    task, cfg = task_of(run, folder), run.cfg
    times = []
    for step in range(3):  # the first one warms up
        began = time.monotonic()
        float(task.update(task.draw(step)))
        times.append(time.monotonic() - began)
    minutes = min(times) * cfg.steps / 60
    if cfg.budget_minutes is not None:
        minutes = min(minutes, cfg.budget_minutes)
    parameters = sum(p.numel() for p in run.network.parameters())
    print(
        f"{cfg.steps} steps of {cfg.batch_size} sketches, {parameters:,} parameters\n"
        f"{min(times):.2f} s a step, {peak_memory_gib(run.device):.1f} GiB, expected time "
        f"{minutes:.0f} min and validations"
    )


def task_of(run: Pretraining, folder: Path) -> Task:
    """What the network of ``run`` learns."""
    if run.learns_tokens:
        return token_task(run, folder)
    if run.generator is not None:
        from colorrl.training.pipeline_task import pipeline_task  # late: it needs the extra `hub`

        pools = load_pools(run.cfg.data, run.size)
        return pipeline_task(run, partial(fetched, pools, run.cfg, run.device))
    return flow_task(run)


def work(run: Pretraining, folder: Path) -> None:
    """What happens in the run's folder, from its latest checkpoint on."""
    cfg = run.cfg
    start = resume(run, folder)
    task = task_of(run, folder)
    tracker = start_tracking("pretrain", cfg, start)
    with Interrupt() as interrupt:
        found = loop(run, task, tracker, folder, interrupt)
    if interrupt.requested:
        tqdm.write(f"step {run.step} is saved in {folder}: resume=auto goes on from there")
        raise KeyboardInterrupt
    if cfg.start is not None or run.generator is not None:
        compared(run, task, tracker, folder)
    finish(run, found or task.validate(False), tracker, folder)


def compared(run: Pretraining, task: Task, tracker: Trackers, folder: Path) -> None:
    """before_after.png: held-out sketches by ``start`` and by the generator that it became."""
    grid = before_after(run, task)
    to_pil_image(grid.cpu().clamp(0, 1)).save(folder / "before_after.png")
    tracker.images(run.step, "before_after", grid)
    tqdm.write(
        f"before and after: {folder / 'before_after.png'} (line art, truth, before and after with "
        "the palette, before and after without)"
    )


def flow_task(run: Pretraining) -> Task:
    """Flow matching on the sets of ``run``."""
    cfg = run.cfg
    pools = load_pools(cfg.data, run.size)
    held_out = load_sketches(cfg.data, "val", run.size)
    return Task(
        figure="x0_error",
        draw=partial(fetched, pools, cfg, run.device),
        update=lambda batch: run.update(batch.to(run.device)),
        validate=lambda keep: validate(run, held_out),
        shown=spaced(held_out, 16),
        flats=partial(sampled, run),
    )


def resume(run: Pretraining, folder: Path) -> int | None:
    """Continue from the latest checkpoint if ``resume=auto``; its step, None for a new run."""
    checkpoint.clean(folder)
    if run.cfg.resume is None:
        checkpoint.refuse_taken(folder)
    elif run.cfg.resume == "restart":
        checkpoint.clear(folder)
    latest = checkpoint.latest(folder)
    if latest is None:
        return None
    run.load(checkpoint.load(latest))
    return run.step


def loop(
    run: Pretraining, task: Task, tracker: Trackers, folder: Path, interrupt: Interrupt
) -> dict[str, float]:
    """Steps until the last one, the time budget or Ctrl-C; ends with a checkpoint.

    Held-out figures of the last step, empty where it was none to validate at.
    """
    cfg, began = run.cfg, time.monotonic()
    limit = math.inf if cfg.budget_minutes is None else 60 * cfg.budget_minutes
    drawn = batches(task.draw, run.step, cfg.steps, cfg.loaders)
    stop = run.step >= cfg.steps
    found: dict[str, float] = {}
    bar = tqdm(total=cfg.steps, initial=run.step, desc="pretrain", unit="step")
    while not stop:
        error = task.update(next(drawn))
        bar.update()
        last = run.step == cfg.steps
        validates = run.step % cfg.validate_every == 0 or last
        spent = time.monotonic() - began > limit
        found = task.validate(validates) if validates or spent else {}
        if run.step % cfg.log_every == 0 or found:  # the only steps whose error is waited for
            name = f"train/{task.figure}"
            metrics = {name: float(error), "train/lr": run.learning_rate()} | found
            bar.set_postfix({task.figure: f"{float(error):.4f}"})
            tracker.log(run.step, run.step * cfg.batch_size, metrics)
        if validates:
            tracker.images(run.step, "panel", panel(run, task))
        stop = last or interrupt.requested or spent
        if stop or run.step % cfg.save_every == 0:
            checkpoint.save(folder, run.step, run.state())
            checkpoint.rotate(folder, keep=2)
    bar.close()
    if run.step < cfg.steps and not interrupt.requested:
        tqdm.write(
            f"budget_minutes={cfg.budget_minutes:g} ended the run at step {run.step} of "
            f"{cfg.steps}: the same command with resume=auto goes on for as long again"
        )
    return found


def finish(run: Pretraining, metrics: dict[str, float], tracker: Trackers, folder: Path) -> None:
    """Write the EMA weights as a generator folder, and the figures beside it."""
    cfg = run.cfg
    generator, result = folder / "generator", folder / "result.json"
    run.write(generator)
    write_result(result, metrics | {"step": run.step}, cfg, device=str(run.device))
    write_card(folder)
    tracker.artifact(generator, "model")
    tracker.finish(metrics)
    tqdm.write(f"generator: {generator}   figures: {result}")
