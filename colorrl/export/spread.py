"""Who works on the pages of `colorrl colorize`: this process, processes of this machine, or Ray."""

from __future__ import annotations

import os
from functools import partial

from colorrl.export import memory
from colorrl.export.run import Spread
from colorrl.export.staging import opened
from colorrl.parallel import in_processes, in_turn
from colorrl.schema import ColorizeConfig


def spread_of(cfg: ColorizeConfig, n_jobs: int, *, staged: bool, module: str) -> Spread:
    """As ``cfg`` asks. ``module`` is where the work comes from; UserError if Ray is not there."""
    if cfg.backend == "ray":
        from colorrl.export.ray_pages import on_ray  # late: an extra that few install

        return partial(on_ray, workers=cfg.workers)
    workers = min(cfg.workers or _cores(), n_jobs)
    if workers == 1:
        return in_turn
    return partial(
        in_processes,
        workers=workers,
        cost=partial(memory.need, opened=opened if staged else memory.opened_here),
        budget=memory.budget(cfg.memory_gb, workers),
        ahead=memory.read_ahead,
        module=module,
    )


def _cores() -> int:
    """Those that this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
