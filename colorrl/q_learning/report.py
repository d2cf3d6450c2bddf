"""Figures of a grid of learners: each cell's mean and interval over its seeds."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from scipy import stats
from torch import Tensor

from colorrl.q_learning.decisions import Decisions
from colorrl.q_learning.study import Run

HEAD = [
    "function, return, experience, target", "seeds", "largest Q", "past the bound",
    "unbounded", "error, first", "error, last", "largest error", "grows", "total lost",
    "held-out lost", "seconds",
]  # fmt: skip
COLUMNS = ("calls", "error", "worst", "largest", "lost")  # of a Progress
BEYOND = 1.01  # of the bound: what fp32 and a fit's own noise may add


def summary(runs: Sequence[Run], game: Decisions, held_out: Decisions) -> dict[str, Any]:
    """The figures of one cell. An interval is [mean, low, high], Student's t over seeds.

    ``past_bound`` counts seeds whose max |Q| ever passed what the reward allows (soft divergence,
    van Hasselt et al. 2018, arXiv 1812.02648), ``unbounded`` those that were given up, ``grows``
    those whose last error to Q* is larger than their first. A cell with a seed that was given up
    has no mean error.
    """
    bound = BEYOND * float(game.reward.abs().max())
    largest = [float(run.progress.largest.max()) for run in runs]
    errors = [run.progress.error for run in runs]
    lost = torch.tensor([float((game.best - run.totals).mean()) for run in runs])
    away = [(held_out.best - r.held_out).mean() for r in runs if r.held_out is not None]
    return {
        "seeds": len(runs),
        "largest": max(largest) if all(map(math.isfinite, largest)) else math.inf,
        "past_bound": sum(not value <= bound for value in largest),
        "unbounded": sum(run.given_up for run in runs),
        "error_first": interval(torch.stack([e[0] for e in errors])),
        "error_last": interval(torch.stack([e[-1] for e in errors])),
        "worst_last": max(float(run.progress.worst[-1]) for run in runs),
        "grows": sum(not float(e[-1]) <= float(e[0]) for e in errors),
        "lost": interval(lost),
        "held_out_lost": interval(torch.stack(away)) if away else None,
        "seconds": sum(run.seconds for run in runs) / len(runs),
    }


def interval(values: Tensor) -> list[float]:
    """[mean, low, high]: 95 % of Student's t of the mean of ``values`` (N,); one value: itself."""
    mean = float(values.double().mean())
    if len(values) < 2:
        return [mean, mean, mean]
    half = float(stats.t.ppf(0.975, len(values) - 1) * values.double().std() / len(values) ** 0.5)
    return [mean, mean - half, mean + half]


def rows(found: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of cells."""
    body = [
        [
            name.replace(" | ", ", "),
            str(cell["seeds"]),
            f"{cell['largest']:.3g}",
            str(cell["past_bound"]),
            str(cell["unbounded"]),
            _shown(cell["error_first"]),
            _shown(cell["error_last"]),
            f"{cell['worst_last']:.3g}",
            str(cell["grows"]),
            _shown(cell["lost"]),
            "-" if cell["held_out_lost"] is None else _shown(cell["held_out_lost"]),
            f"{cell['seconds']:.1f}",
        ]
        for name, cell in found.items()
    ]
    return HEAD, body


def curves(runs: Mapping[str, Sequence[Run]]) -> str:
    """A CSV row for each measurement of each run."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(["function", "n", "experience", "target", "seed", *COLUMNS])
    for name, of_cell in runs.items():
        for run in of_cell:
            columns = (getattr(run.progress, column) for column in COLUMNS)
            for values in zip(*(c.tolist() for c in columns), strict=True):
                writer.writerow([*name.split(" | "), run.seed, *(f"{v:.6g}" for v in values)])
    return page.getvalue()


def _shown(of: Sequence[float]) -> str:
    mean, low, high = of
    return f"{mean:.3g} [{low:.3g}, {high:.3g}]"
