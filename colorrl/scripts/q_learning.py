"""`colorrl q_learning`: value-based learning on drawings whose exact values are known."""

from __future__ import annotations

from typing import Any

import torch
from hydra.utils import instantiate

from colorrl.config.schema.q_learning import QLearningConfig
from colorrl.data.load import load_sketches
from colorrl.errors import UserError
from colorrl.q_learning.decisions import Decisions, enumerated
from colorrl.q_learning.report import curves, rows, summary
from colorrl.q_learning.study import run_grid
from colorrl.report import table
from colorrl.rewards.total import TotalReward
from colorrl.run.result import write_result, write_text
from colorrl.spaced import spaced
from colorrl.task.deck import fits, make_deck
from colorrl.types import Sketch


def main(cfg: QLearningConfig) -> None:
    """Enumerate the drawings, run the grid, write table.md, curves.csv and result.json."""
    missing = sorted(set(cfg.grid.function) - set(cfg.learner.rate))
    if missing:
        raise UserError(f"learner.rate has no step size for {', '.join(missing)}: give one")
    reward: TotalReward = instantiate(cfg.reward)
    with torch.no_grad():
        game, held_out = (
            enumerated(make_deck(small_sketches(cfg, *which)), reward)
            for which in ((cfg.split, cfg.limit), (cfg.held_out, cfg.held_out_limit))
        )
    seeds = list(range(cfg.seed, cfg.seed + cfg.n_seeds))
    runs = run_grid(cfg.grid, game, held_out, cfg.learner, seeds)
    found = {name: summary(of_cell, game, held_out) for name, of_cell in runs.items()}
    shown = rows(found)
    print(table.text(*shown))
    write_text(cfg.output / "table.md", table.markdown(*shown))
    write_text(cfg.output / "curves.csv", curves(runs))
    values: dict[str, Any] = {"cells": found, "drawings": about(game), "held_out": about(held_out)}
    write_result(cfg.output / "result.json", values, cfg, seed=seeds, device="cpu")
    print(f"reports in {cfg.output}")


def small_sketches(cfg: QLearningConfig, split: str, limit: int) -> list[Sketch]:
    """``limit`` small drawings of ``split``, evenly spaced. UserError where there are none."""
    found = load_sketches(cfg.data, split, cfg.size)
    small = [s for s in found if fits(s, cfg.max_regions, cfg.max_entries)]
    if not small:
        raise UserError(
            f"no drawing of {split} has a palette of at most {cfg.max_entries} entries and at "
            f"most {cfg.max_regions} regions: raise max_entries or max_regions"
        )
    return spaced(small, limit)


def about(game: Decisions) -> dict[str, Any]:
    """What was enumerated, and the best that can be had of it."""
    return {
        "ids": list(game.deck.sketch.id),
        "states": len(game.depth),
        "colourings": int((game.successor[game.possible] < 0).sum()),
        "best_total": float(game.best.mean()),
        "bound": float(game.reward.abs().max()),
    }
