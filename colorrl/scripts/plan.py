"""`colorrl plan`: what reward-guided search adds to a generator's samples, at equal costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from hydra.utils import instantiate
from torch import Tensor
from tqdm import tqdm

from colorrl.config.schema.planning import PlanConfig
from colorrl.data.batch import collate
from colorrl.data.load import load_sketches
from colorrl.errors import UserError
from colorrl.evaluation.judge import Judge, paired_gains
from colorrl.metrics import bootstrap_ci
from colorrl.planning.diagnostic import foretold, rank_correlations
from colorrl.planning.study import Contestant, beam_contestant, best_of_name, contestants
from colorrl.policy.entries import PointingPolicy
from colorrl.policy.pipeline import load_generator
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler
from colorrl.report import contest, table
from colorrl.run.result import write_result, write_text
from colorrl.seeding import seed_of
from colorrl.task.deck import fits, make_deck
from colorrl.training.sampler import make_sampler
from colorrl.types import Sketch

AS_IT_IS, SNAPPED = "as predicted", "snapped to the palette"
METRICS = ("eval/reward", "eval/region_accuracy", "gold/pixel_share")
Columns = dict[str, Tensor]  # metric -> (M,)


def main(cfg: PlanConfig) -> None:
    """Diagnose, search, measure; table.md, sketches.csv and result.json go to ``cfg.output``."""
    generator = load_generator(cfg.policy.path)
    sampler = make_sampler(cfg.sampler, generator)
    sketches = loaded(cfg, generator.size)
    batches = (sketches[i : i + cfg.batch] for i in range(0, len(sketches), cfg.batch))
    judge = Judge(
        tuple(collate(b, n_palette=cfg.n_palette) for b in batches), instantiate(cfg.reward)
    )
    foretells = {
        kind: diagnosed(cfg, generator.network, judge, sampler, snapped=kind == SNAPPED)
        for kind in (AS_IT_IS, SNAPPED)
    }
    seeds = range(cfg.seed, cfg.seed + cfg.n_seeds)
    fields = [searched(cfg, generator.network, judge, sampler, sketches, s) for s in seeds]
    columns = {name: mean_columns([measured(judge, f[name]) for f in fields]) for name in fields[0]}
    costs = {name: (c.network_calls, c.reward_calls) for name, c in fields[0].items()}
    gains = {name: gains_of(name, columns, costs) for name in columns if name not in ladder(costs)}
    text = "\n\n".join(tables(foretells, columns, costs, gains))
    print(text)
    write_text(cfg.output / "table.md", text + "\n")
    write_text(cfg.output / "sketches.csv", contest.per_sketch([s.id for s in sketches], columns))
    values = {
        "rank_correlation": foretells,
        "searches": {n: {m: float(v.mean()) for m, v in c.items()} for n, c in columns.items()},
        "costs": {n: {"network_calls": a, "reward_calls": b} for n, (a, b) in costs.items()},
        "gains": gains,
        "sketches": len(sketches),
    }
    write_result(cfg.output / "result.json", values, cfg, seed=list(seeds), device="cpu")
    print(f"reports in {cfg.output}")


def loaded(cfg: PlanConfig, size: int) -> list[Sketch]:
    """Sketches that have a palette. Raises UserError where none has."""
    found = load_sketches(cfg.data, cfg.split, size, cfg.limit)
    sketches = [s for s in found if fits(s, None, cfg.n_palette)]
    if not sketches:
        raise UserError(f"no sketch of {cfg.split} has a palette: a search is guided by one")
    return sketches


def diagnosed(
    cfg: PlanConfig, policy: Policy, judge: Judge, sampler: Sampler, *, snapped: bool
) -> list[tuple[float, float, float]]:
    """At each step the mean rank correlation over sketches with its 95 % interval."""
    parts = []
    for b, batch in enumerate(tqdm(judge.batches, desc="diagnostic", unit="batch", leave=False)):
        seed = seed_of(cfg.seed, 25, b)
        pair = foretold(policy, batch, sampler, judge.reward, cfg.samples, seed, snapped=snapped)
        parts.append(rank_correlations(*pair))
    return [over_sketches(column) for column in torch.cat(parts).T]


def over_sketches(figures: Tensor) -> tuple[float, float, float]:
    """Mean and 95 % interval of the ``figures`` (S,) that are not NaN; NaN where none is left."""
    known = figures[~figures.isnan()]
    if not len(known):
        return math.nan, math.nan, math.nan
    return float(known.mean()), *bootstrap_ci(known)


def searched(
    cfg: PlanConfig,
    policy: Policy,
    judge: Judge,
    sampler: Sampler,
    sketches: Sequence[Sketch],
    seed: int,
) -> dict[str, Contestant]:
    """All searches of one seed by name."""
    rules = {name: instantiate(spec) for name, spec in cfg.searches.items()}
    seed = seed_of(seed, 26)
    beams = {}
    if cfg.beam is not None:
        if not isinstance(policy, PointingPolicy):
            kind = type(policy).__name__
            raise UserError(f"a {kind} points at no palette: set beam=null")
        beams["beam"] = beam_contestant(
            policy,
            make_deck(sketches),
            sampler,
            judge.reward,
            cfg.beam.width,
            cfg.beam.scored,
            seed,
        )
    sizes = {one.reward_calls for one in beams.values()}
    n = cfg.particles
    found = contestants(policy, judge, sampler, rules, n, sizes, seed, snapped=cfg.snapped)
    return found | beams


def measured(judge: Judge, one: Contestant) -> Columns:
    """What the reward that guides and the gold metrics say, and how unlike the last pages are."""
    columns = judge.measure(one.image)
    return {name: columns[name] for name in METRICS} | {"diversity": one.diversity}


def mean_columns(columns: Sequence[Columns]) -> Columns:
    """The mean over seeds, sketch by sketch."""
    return {name: torch.stack([c[name] for c in columns]).mean(0) for name in columns[0]}


def ladder(costs: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """The best of n by name, and n."""
    return {name: n for name, (_, n) in costs.items() if name == best_of_name(n)}


def gains_of(
    name: str, columns: Mapping[str, Columns], costs: Mapping[str, tuple[int, int]]
) -> dict[str, dict[str, Any]]:
    """Gains over the best of n at equal network calls and at equal reward calls.

    [mean, low, high] of each metric, paired over sketches. A cost between two n: the larger one.
    """
    network, reward = costs[name]
    sizes = ladder(costs)
    rivals = {
        "network calls": min((n, r) for r, n in sizes.items() if costs[r][0] >= network)[1],
        "reward calls": min((n, r) for r, n in sizes.items() if n >= reward)[1],
    }
    return {
        f"at equal {what}": {"rival": rival} | gains(columns[rival], columns[name])
        for what, rival in rivals.items()
    }


def gains(before: Columns, after: Columns) -> dict[str, Any]:
    return {name: list(gain) for name, gain in paired_gains(before, after).items()}


def tables(
    foretells: Mapping[str, Sequence[tuple[float, float, float]]],
    columns: Mapping[str, Columns],
    costs: Mapping[str, tuple[int, int]],
    gains: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Rank correlations, means and gains as Markdown."""
    by_step = zip(*foretells.values(), strict=True)
    steps = [[str(t), *map(shown, figures)] for t, figures in enumerate(by_step, 1)]
    body = [
        [name, *map(str, costs[name]), *(f"{c[m].mean():.3f}" for m in (*METRICS, "diversity"))]
        for name, c in columns.items()
    ]
    steps_up = [
        [f"{name}, {what}", of["rival"], *(shown(of[m]) for m in METRICS)]
        for name, both in gains.items()
        for what, of in both.items()
    ]
    return [
        table.markdown(["rank correlation at step", *foretells], steps),
        table.markdown(["search", "network calls", "reward calls", *METRICS, "diversity"], body),
        table.markdown(["gain", "over", *METRICS], steps_up),
    ]


def shown(figure: Sequence[float]) -> str:
    mean, low, high = figure
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"
