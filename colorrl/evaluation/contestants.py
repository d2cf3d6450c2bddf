"""Who takes part: the generator, its start, what n samples agree on, the best of n, baselines. Each
is a function of a seed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from colorrl.bars import inner_bar
from colorrl.config.schema.evaluation import Baseline, EvaluateConfig
from colorrl.config.schema.words import PaletteCondition
from colorrl.data.palette_condition import condition_palette
from colorrl.evaluation.baselines import assigned
from colorrl.evaluation.baselines.gmic import gmic_smart
from colorrl.evaluation.baselines.nearest import NearestRegions
from colorrl.evaluation.judge import Judge
from colorrl.evaluation.setting import Setting
from colorrl.evaluation.vote import Draw, cast, sample_seed, voted, voted_at_shares
from colorrl.policy.guidance import guided
from colorrl.policy.pipeline import FlatColorPipeline
from colorrl.rewards.cheats.given import flats_of
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch

GENERATOR, START, TRUTH = "generator", "start", "truth"
VOTE, AT_SHARES = "vote", "vote at shares"
Coloring = Callable[[SketchBatch, torch.Generator], Tensor]

PALETTE: dict[Baseline, Coloring] = {
    "dominant_colour": assigned.dominant_colour,
    "area_rank": assigned.area_rank,
    "area_share": assigned.area_share,
    "area_search": assigned.area_search,
    "random_palette": assigned.random_palette,
}
ANYWAY: dict[Baseline, Coloring] = {
    "white_page": assigned.white_page,
    "gmic_smart": gmic_smart,
}
NO_PALETTE: dict[Baseline, Coloring] = {"random_colours": assigned.random_colours}
CHANCES = ("random_palette", "random_colours")  # and nearest_regions, without a palette
NEED_SHARES = ("dominant_colour", "area_rank", "area_share", "area_search")


@dataclass(frozen=True, slots=True)
class Contestant:
    draw: Draw
    n_samples: int


def contestants(
    cfg: EvaluateConfig, condition: PaletteCondition, setting: Setting
) -> dict[str, Contestant]:
    """All that take part under one palette condition, by name."""
    judge, start = setting.judge, setting.start
    blind = replace(
        judge, batches=tuple(condition_palette(batch, condition) for batch in judge.batches)
    )
    draw = partial(color, blind, setting.generator)
    before = None if start is None else partial(color, blind, start)
    field = {} if before is None else {START: Contestant(before, cfg.samples)}
    field[GENERATOR] = Contestant(draw, cfg.samples)
    field |= {f"{n} steps": Contestant(partial(draw, n_steps=n), cfg.samples) for n in cfg.steps}
    if cfg.votes and condition != "none":
        ballots = partial(cast, blind, draw, n=cfg.votes)
        field[VOTE] = Contestant(partial(voted, blind, ballots), 1)
        if condition == "shares" and cfg.keep_shares:
            kept = partial(voted_at_shares, blind, ballots, strength=cfg.keep_shares)
            field[AT_SHARES] = Contestant(kept, 1)
    if cfg.best_of and condition != "none":
        name, chosen = f"best of {cfg.best_of}", partial(best_of, judge, n=cfg.best_of)
        field[name] = Contestant(partial(chosen, draw), 1)
        if before is not None:
            field[f"start, {name}"] = Contestant(partial(chosen, before), 1)
    field |= baselines(cfg, condition, blind, setting.nearest)
    for name, ceiling in setting.generator.ceilings.items():
        field[name] = Contestant(partial(truth_through, judge, ceiling), 1)
    if condition == "none":
        field[TRUTH] = Contestant(lambda _: torch.cat([flats_of(b) for b in judge.batches]), 1)
    return field


def color(
    judge: Judge,
    generator: FlatColorPipeline,
    seed: int,
    n_steps: int | None = None,
) -> Tensor:
    """(M, 3, H, W): one sample of each sketch, once the device has made them.

    ``n_steps`` None = the generator's own.
    """
    settings = generator.config
    n = settings.n_steps if n_steps is None else n_steps
    grid = generator.network.space.times(n, settings.shift)
    policy = guided(generator.network, settings.guidance)
    images = judge.color(policy, grid, settings.rho, seed)
    if images.is_cuda:  # else the clock would stop before the work does
        torch.cuda.synchronize(images.device)
    return images


@torch.no_grad()
def truth_through(judge: Judge, ceiling: Callable[[SketchBatch], Tensor], seed: int) -> Tensor:
    """(M, 3, H, W): what becomes of the true colours; ``seed`` decides nothing."""
    return torch.cat([ceiling(batch) for batch in judge.batches])


def best_of(judge: Judge, draw: Draw, seed: int, n: int) -> Tensor:
    """(M, 3, H, W): of ``n`` samples of each sketch the one that the reward likes best.

    The first is ``draw``'s of the same seed; the others no other seed draws.
    """
    best = draw(seed)
    top = judge.measure(best, metrics=False)["eval/reward"]
    for i in inner_bar(range(1, n), desc=f"best of {n}", unit="sample"):
        images = draw(sample_seed(seed, i))
        reward = judge.measure(images, metrics=False)["eval/reward"]
        better = (reward > top).to(images.device)
        best = torch.where(better[:, None, None, None], images, best)
        top = torch.maximum(top, reward)
    return best


def baselines(
    cfg: EvaluateConfig, condition: PaletteCondition, judge: Judge, nearest: NearestRegions | None
) -> dict[str, Contestant]:
    """Those of ``cfg.baselines`` that apply under the palette condition, by name in words."""
    known = ANYWAY | (NO_PALETTE if condition == "none" else PALETTE)
    if nearest is not None:
        known["nearest_regions"] = nearest
    left_out = set(NEED_SHARES if condition == "colors" else ())
    left_out |= {"gmic_smart"} if shutil.which("gmic") is None else set()
    chances = {*CHANCES, *(("nearest_regions",) if condition == "none" else ())}
    return {
        name.replace("_", " "): Contestant(
            partial(fill, judge.batches, known[name]), cfg.samples if name in chances else 1
        )
        for name in cfg.baselines
        if name in known and name not in left_out
    }


def fill(batches: Sequence[SketchBatch], coloring: Coloring, seed: int) -> Tensor:
    """(M, 3, H, W): every sketch on its own, with chances of its own."""
    images: list[Tensor] = []
    for batch in batches:
        for n in range(len(batch)):
            draw = torch.Generator().manual_seed(seed_of(seed, 13, len(images)))
            images.append(coloring(batch.select([n]), draw))
    return torch.cat(images)
