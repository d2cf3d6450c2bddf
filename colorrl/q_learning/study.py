"""A grid of learners on the same drawings, every cell over several seeds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor
from tqdm import tqdm

from colorrl.config.schema.q_learning import Function, GridConfig, LearnerConfig
from colorrl.q_learning.approximators import (
    Approximator,
    Fitted,
    elsewhere,
    linear,
    network,
    table,
)
from colorrl.q_learning.decisions import Decisions
from colorrl.q_learning.learner import Factors, Progress, greedy_totals, learn
from colorrl.seeding import seed_of


@dataclass(frozen=True, slots=True)
class Cell:
    function: Function
    how: Factors

    @property
    def name(self) -> str:
        n = "Monte Carlo" if self.how.n_step is None else f"{self.how.n_step}-step"
        target = "-" if self.how.n_step is None else self.how.target
        return " | ".join([self.function, n, self.how.experience, target])


@dataclass(frozen=True, slots=True)
class Run:
    seed: int
    progress: Progress
    totals: Tensor  # (M,) of the greedy colouring of the drawings learnt on
    held_out: Tensor | None  # (M',) of held-out drawings; None for a table, which knows none
    given_up: bool  # |Q| passed learner.unbounded or was not finite
    seconds: float


def cells(grid: GridConfig) -> Iterator[Cell]:
    """Every combination. Monte Carlo, which has no values in targets, once for all targets."""
    for function, n, experience in product(grid.function, grid.n_step, grid.experience):
        for target in grid.target[:1] if n is None else grid.target:
            yield Cell(function, Factors(n, experience, target))


def run(cell: Cell, game: Decisions, held_out: Decisions, cfg: LearnerConfig, seed: int) -> Run:
    """One learner of ``cell`` from its first weights on, a function of ``seed``."""
    began = time.monotonic()
    q = init_approximator(cell.function, game, cfg, seed)
    progress = learn(q, game, cell.how, cfg, seed)
    away = greedy_totals(elsewhere(q, held_out), held_out) if isinstance(q, Fitted) else None
    given_up = not float(progress.largest[-1]) < cfg.unbounded
    return Run(seed, progress, greedy_totals(q, game), away, given_up, time.monotonic() - began)


def init_approximator(
    function: Function, game: Decisions, cfg: LearnerConfig, seed: int
) -> Approximator:
    """A learner that knows nothing."""
    rate = cfg.rate[function]
    if function == "table":
        return table(game, rate)
    if function == "linear":
        return linear(game, rate)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(seed, 23))
        return network(game, rate, cfg.width)


def run_grid(
    grid: GridConfig, game: Decisions, held_out: Decisions, cfg: LearnerConfig, seeds: list[int]
) -> dict[str, list[Run]]:
    """The runs of every cell by its name."""
    found: dict[str, list[Run]] = {}
    bar = tqdm([(cell, seed) for cell in cells(grid) for seed in seeds], unit="run")
    for cell, seed in bar:
        bar.set_postfix_str(cell.name)
        found.setdefault(cell.name, []).append(run(cell, game, held_out, cfg, seed))
    return found
