"""A diffusers pipeline as `colorrl pretrain` trains it: its own loss on line art and flats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from colorrl.data.batch import collate
from colorrl.data.load import load_sketches
from colorrl.errors import UserError
from colorrl.policy.hub.supervised import Pairs, training_times
from colorrl.policy.pipeline import ode_sample
from colorrl.seeding import seed_of
from colorrl.spaced import spaced
from colorrl.training.pretrain_state import Pretraining, Task, seeds_of
from colorrl.types import Sketch, SketchBatch

LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the training times, at which held-out sketches are judged
CHUNK = 8


def pipeline_task(run: Pretraining, draw: Callable[[int], SketchBatch]) -> Task:
    """The loss of ``run``'s pipeline on the batches that ``draw`` makes.

    Raises UserError for what a pipeline does not do.
    """
    cfg = run.cfg
    if cfg.start is not None:
        raise UserError(f"start={cfg.start}: a pipeline starts from policy.path and policy.lora")
    if cfg.compile:
        raise UserError("compile=true is for networks of this project, set compile=false")
    held_out = load_sketches(cfg.data, "val", run.size)

    def update(batch: SketchBatch) -> Tensor:
        return step(run, batch.to(run.device))

    def flats(network: Any, batch: SketchBatch) -> Tensor:
        grid = network.space.times(network.space.n_steps, 1.0)
        return ode_sample(network, batch, grid, 0.0, seeds_of(cfg.seed, 6, 0, len(batch)))

    return Task(
        figure="own_loss",
        draw=draw,
        update=update,
        validate=lambda keep: validate(run, held_out),
        shown=spaced(held_out, 8),
        flats=flats,
    )


def step(run: Pretraining, batch: SketchBatch) -> Tensor:
    """One optimiser step on ``batch``; returns the mean loss ()."""
    cfg = run.cfg
    draw = torch.Generator().manual_seed(seed_of(cfg.seed, 2, run.step))
    t = times(run, torch.rand(len(batch), generator=draw))
    with torch.autocast(run.device.type, torch.bfloat16, enabled=cfg.precision == "bf16"):
        seeds = seeds_of(cfg.seed, 1, run.step, len(batch))
        loss = Pairs(run.network, batch).loss(t, seeds).mean()
    run.descend(loss)
    return loss.detach()


@torch.no_grad()
def validate(run: Pretraining, sketches: list[Sketch]) -> dict[str, float]:
    """The loss of the averaged weights on held-out sketches, at fixed times and noise."""
    losses = []
    with run.averaged():
        for chunk in (sketches[i : i + CHUNK] for i in range(0, len(sketches), CHUNK)):
            batch = collate(chunk, n_palette=run.cfg.n_palette).to(run.device)
            seeds = seeds_of(run.cfg.seed, 5, 0, len(batch))
            pairs = Pairs(run.network, batch)
            for level in LEVELS:
                t = times(run, torch.full((len(batch),), level))
                losses += pairs.loss(t, seeds).tolist()
    return {"eval/own_loss": sum(losses) / len(losses)}


def times(run: Pretraining, u: Tensor) -> Tensor:
    return training_times(run.network, u.to(run.device), run.cfg.time_shift)
