"""`colorrl plan`: what reward-guided search adds to a generator's samples, at equal costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from hydra.utils import instantiate
from torch import Tensor

from colorrl.bars import inner_bar
from colorrl.config.schema.planning import PlanConfig
from colorrl.data.batch import collate
from colorrl.data.load import load_sketches
from colorrl.errors import UserError
from colorrl.evaluation.judge import Judge
from colorrl.metrics import mean_over_seeds
from colorrl.planning.beam import beam
from colorrl.planning.diagnostic import foretold, rank_correlations
from colorrl.planning.report import (
    METRICS,
    Columns,
    Costs,
    beam_rounds,
    draw,
    gains_of,
    ladder,
    tables,
)
from colorrl.planning.study import Contestant, contestants, whole
from colorrl.policy.entries import PointingPolicy
from colorrl.policy.pipeline import load_generator
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler
from colorrl.report import contest
from colorrl.run.result import write_result, write_text
from colorrl.seeding import seed_of
from colorrl.task.deck import fits, make_deck
from colorrl.training.sampler import make_sampler
from colorrl.types import Sketch


def main(cfg: PlanConfig) -> None:
    """Diagnose, search, measure; table.md, figure.png, sketches.csv and result.json go to
    ``cfg.output``."""
    generator = load_generator(cfg.policy.path)
    sampler = make_sampler(cfg.sampler, generator)
    sketches = loaded(cfg, generator.size)
    batches = (sketches[i : i + cfg.batch] for i in range(0, len(sketches), cfg.batch))
    judge = Judge(
        tuple(collate(b, n_palette=cfg.n_palette) for b in batches), instantiate(cfg.reward)
    )
    seeds = range(cfg.seed, cfg.seed + cfg.n_seeds)
    foretells = diagnosed(cfg, generator.network, judge, sampler, seeds)
    fields = [searched(cfg, generator.network, judge, sampler, sketches, s) for s in seeds]
    columns = measured(judge, fields)
    costs = {name: (c.network_calls, c.reward_calls) for name, c in fields[0].items()}
    report(cfg, sketches, foretells, columns, costs)


def report(
    cfg: PlanConfig,
    sketches: Sequence[Sketch],
    foretells: Mapping[str, list[tuple[float, float, float]]],
    columns: dict[str, Columns],
    costs: Costs,
) -> None:
    """Print the tables and write all files."""
    gains = {name: gains_of(name, columns, costs) for name in columns if name not in ladder(costs)}
    rounds = [] if cfg.beam is None else beam_rounds(make_deck(sketches), columns, costs)
    text = "\n\n".join(tables(foretells, columns, costs, gains, rounds))
    print(text)
    write_text(cfg.output / "table.md", text + "\n")
    draw(columns, costs, cfg.output / "figure.png")
    means = {name: {m: v.mean(0) for m, v in c.items()} for name, c in columns.items()}
    write_text(cfg.output / "sketches.csv", contest.per_sketch([s.id for s in sketches], means))
    values = {
        "rank_correlation": foretells,
        "searches": {n: {m: float(v.nanmean()) for m, v in c.items()} for n, c in columns.items()},
        "costs": {n: {"network_calls": a, "reward_calls": b} for n, (a, b) in costs.items()},
        "gains": gains,
        "beam_rounds": rounds,
        "sketches": len(sketches),
    }
    seeds = list(range(cfg.seed, cfg.seed + cfg.n_seeds))
    write_result(cfg.output / "result.json", values, cfg, seed=seeds, device="cpu")
    print(f"reports in {cfg.output}")


def loaded(cfg: PlanConfig, size: int) -> list[Sketch]:
    """Sketches that have a palette. Raises UserError where none has."""
    found = load_sketches(cfg.data, cfg.split, size, cfg.limit)
    sketches = [s for s in found if fits(s, None, cfg.n_palette)]
    if not sketches:
        raise UserError(f"no sketch of {cfg.split} has a palette: a search is guided by one")
    return sketches


def diagnosed(
    cfg: PlanConfig, policy: Policy, judge: Judge, sampler: Sampler, seeds: Sequence[int]
) -> dict[str, list[tuple[float, float, float]]]:
    """By kind of page, at each step the mean rank correlation with its 95 % interval, over seeds
    and sketches."""
    found: dict[str, list[Tensor]] = {}
    for seed in inner_bar(seeds, desc="diagnostic", unit="seed"):
        parts: dict[str, list[Tensor]] = {}
        for b, batch in enumerate(judge.batches):
            place = seed_of(seed, 25, b)
            kinds = foretold(policy, batch, sampler, judge.reward, cfg.samples, place)
            for kind, pair in kinds.items():
                parts.setdefault(kind, []).append(rank_correlations(*pair))
        for kind, rows in parts.items():
            found.setdefault(kind, []).append(torch.cat(rows))
    return {
        kind: [mean_over_seeds(column) for column in torch.stack(rows).unbind(2)]
        for kind, rows in found.items()
    }


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
        deck, wide = make_deck(sketches), cfg.beam
        parts = beam(policy, deck, sampler, judge.reward, wide.width, wide.scored, seed)
        beams["beam"] = whole(parts)
    sizes = {one.reward_calls for one in beams.values()}
    n = cfg.particles
    found = contestants(policy, judge, sampler, rules, n, sizes, seed, snapped=cfg.snapped)
    return found | beams


def measured(judge: Judge, fields: Sequence[Mapping[str, Contestant]]) -> dict[str, Columns]:
    """By search what the reward that guides and the gold metrics say, and how unlike the last pages
    are, (seeds, sketches)."""
    found = {}
    for name in fields[0]:
        rows = [judge.measure(f[name].image) | {"diversity": f[name].diversity} for f in fields]
        found[name] = {m: torch.stack([row[m] for row in rows]) for m in METRICS}
    return found
