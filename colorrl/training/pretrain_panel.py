"""What people look at of a pretraining run: held-out sketches now, and before and after it."""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.data.batch import collate
from colorrl.data.palette_condition import condition_palette
from colorrl.report.panel import rows_of
from colorrl.training.pretrain_state import Pretraining, Task
from colorrl.types import SketchBatch


@torch.no_grad()
def panel(run: Pretraining, task: Task) -> Tensor:
    """(3, H', W') grid: line art, true flats, flats of the averaged weights."""
    batch = shown(run, task)
    with run.averaged():
        return rows_of(batch, {"sample": task.flats(run.network, batch)})


@torch.no_grad()
def before_after(run: Pretraining, task: Task) -> Tensor:
    """(3, H', W') grid: line art, true flats, flats of ``start`` and of the averaged weights.

    The last two with the palettes of the set, then without any.
    """
    batch = shown(run, task)
    start = run.start_network()
    with run.averaged():
        flats = {
            f"{when}{how}": task.flats(network, given)
            for how, given in (("", batch), (", no palette", condition_palette(batch, "none")))
            for when, network in (("start", start), ("after", run.network))
        }
    return rows_of(batch, flats)


def shown(run: Pretraining, task: Task) -> SketchBatch:
    return collate(task.shown, n_palette=run.cfg.n_palette).to(run.device)
