"""Who works on the pages of `colorrl colorize`: this process, processes of this machine, or Ray."""

from __future__ import annotations

import os
from functools import partial

import torch

from colorrl.config.schema.pages import ColorizeConfig
from colorrl.export import memory
from colorrl.export.run import Spread
from colorrl.export.stores import opened
from colorrl.parallel import in_processes, in_turn

# processes that share a GPU unless more are asked for: each keeps a context of its own there
ON_GPU = 4


def spread_of(
    cfg: ColorizeConfig, n_jobs: int, device: torch.device, *, staged: bool, module: str
) -> Spread:
    """As ``cfg`` asks. ``module`` is where the work comes from; UserError if Ray is not there."""
    if cfg.backend == "ray":
        from colorrl.export.ray_pages import on_ray  # late: an extra that few install

        return partial(on_ray, workers=cfg.workers)
    workers = min(_cores(device.type != "cpu") if cfg.workers is None else cfg.workers, n_jobs)
    if workers == 1:
        return in_turn
    return partial(
        in_processes,
        workers=workers,
        cost=partial(
            memory.need,
            opened=opened if staged else memory.opened_here,
            matched=cfg.sheet is not None or cfg.consistent is not False,
        ),
        budget=memory.budget(cfg.memory_gb, workers),
        ahead=memory.read_ahead,
        module=module,
    )


def _cores(on_gpu: bool) -> int:
    """Those that this process may use, where the system says; few of them for one GPU."""
    here = hasattr(os, "sched_getaffinity")
    n = len(os.sched_getaffinity(0)) if here else os.cpu_count() or 1
    return min(n, ON_GPU) if on_gpu else n
