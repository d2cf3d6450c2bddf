"""`colorrl evaluate`: a generator on held-out sketches, and what it must be better than.

A table for each thing that contestants may be told of the true palette (``told=``): its colours
with their shares, its colours alone, or nothing. Baselines: colorrl/baselines, the start
(``start=``), and the best of n samples of the start, chosen by the reward: what sampling alone
can buy. That last one costs n times the samples and, as the reward is paired, needs the truth at
test time. A mixture is evaluated set by set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from hydra.utils import instantiate
from tqdm import tqdm

from colorrl.config import UserError
from colorrl.data.load import load_sketches, names_of
from colorrl.device import pick_device
from colorrl.evaluation.contestants import Contestant, baselines, best_of, colour
from colorrl.evaluation.entry import SECONDS, Entry, enter
from colorrl.evaluation.told import telling
from colorrl.evaluation.unconditional import true_palettes, watched
from colorrl.judge import Judge, compared, make_judge, means, paired_gains
from colorrl.policy.pipeline import FlatColorPipeline, load_generator
from colorrl.report import contest, table
from colorrl.report.sheet import draw_sheet
from colorrl.schema import EvaluateConfig, Told
from colorrl.track.result import write_result, write_text
from colorrl.types import Sketch

GENERATOR, START, TRUTH = "generator", "start", "truth"
Entries = dict[str, Entry]


def main(cfg: EvaluateConfig) -> None:
    """Evaluate the set of ``cfg.data``, or each set of a mixture and then all in one table."""
    names = names_of(cfg.data)
    if not cfg.data.sets:
        evaluate(cfg)
        return
    results = {}
    for name in names:
        data = replace(cfg.data, name=name, sets={})
        results[name] = evaluate(replace(cfg, data=data, output=cfg.output / name))
    shown = contest.sets_table(results)
    print(table.text(*shown))
    write_text(cfg.output / "table.md", table.markdown(*shown))
    write_result(cfg.output / "result.json", {"sets": results}, cfg)


def evaluate(cfg: EvaluateConfig) -> dict[str, Any]:
    """Colour the split with every contestant, measure, write table, CSV, contact sheets.

    Returns what result.json holds.
    """
    generator, start, judge, train = load(cfg)
    entries = {told: entered(cfg, told, generator, start, judge, train) for told in cfg.told}
    first = entries[cfg.told[0]]
    draw_contact(cfg, judge, first)
    write_tables(cfg, judge, entries)
    values = figures(first)
    values |= {f"told_{told}": figures(field) for told, field in [*entries.items()][1:]}
    values |= {"split": cfg.split, "sketches": len(first[GENERATOR].reward), "told": cfg.told[0]}
    write_result(cfg.output / "result.json", values, cfg, device=str(judge.batches[0].line.device))
    print(f"{values['sketches']} sketches; reports in {cfg.output}")
    return values


def load(
    cfg: EvaluateConfig,
) -> tuple[FlatColorPipeline, FlatColorPipeline | None, Judge, list[Sketch]]:
    """Generator, start, the judge of ``cfg.split`` at their size, the train split. UserError if
    they do not fit together."""
    if cfg.samples < 1:
        raise UserError(f"samples={cfg.samples}: give 1 or more samples a sketch")
    if cfg.best_of < 0:
        raise UserError(f"best_of={cfg.best_of}: give 1 or more samples, or 0 for no such baseline")
    if wrong := [n for n in cfg.steps if n < 1]:
        raise UserError(f"steps={wrong[0]}: give 1 or more denoising steps")
    if not cfg.told:
        raise UserError("told=[]: name what contestants are told: shares, colours or nothing")
    device = pick_device(cfg.device)
    generator = load_generator(cfg.policy.path, device)
    start = None if cfg.start is None else load_generator(cfg.start, device)
    if start is not None and start.size != generator.size:
        raise UserError(
            f"start={cfg.start} makes images of {start.size} px, {cfg.policy.path} of "
            f"{generator.size} px: they can only be compared at one size"
        )
    sketches = load_sketches(cfg.data, cfg.split, generator.size, cfg.limit)
    judge = make_judge(sketches, instantiate(cfg.reward), device, cfg.n_palette)
    learns = "nearest_regions" in cfg.baselines or "nothing" in cfg.told
    train = load_sketches(cfg.data, "train", generator.size) if learns else []
    return generator, start, judge, train


def entered(
    cfg: EvaluateConfig,
    told: Told,
    generator: FlatColorPipeline,
    start: FlatColorPipeline | None,
    judge: Judge,
    train: Sequence[Sketch],
) -> Entries:
    """Every contestant's entry by name, sketches telling them of the palette what ``told`` says."""
    blind = replace(judge, batches=tuple(telling(batch, told) for batch in judge.batches))
    draw = {n: partial(colour, blind, generator, n) for n in (None, *cfg.steps)}
    before = draw[None] if start is None else partial(colour, blind, start, None)
    field = {} if start is None else {START: Contestant(before, cfg.samples)}
    field[GENERATOR] = Contestant(draw[None], cfg.samples)
    field |= {f"{n} steps": Contestant(draw[n], cfg.samples) for n in cfg.steps}
    if cfg.best_of and told != "nothing":
        field[f"best of {cfg.best_of}"] = Contestant(
            partial(best_of, judge, before, cfg.best_of), 1
        )
    field |= baselines(blind, cfg.baselines, told, train, cfg.samples)
    if told == "nothing":
        field[TRUTH] = Contestant(lambda _: torch.cat([b.flats for b in judge.batches]), 1)
    bar = tqdm(field.items(), desc=f"told {told}", unit="contestant")
    entries = {name: enter(judge, contestant, cfg.seed) for name, contestant in bar}
    if told == "nothing":
        book = true_palettes(train)
        for entry in entries.values():
            entry.columns.update(watched(entry.samples, judge.batches, book))
    return entries


def figures(entries: Entries) -> dict[str, Any]:
    """The generator's means by metric, the others' under their names, its leads over them (mean,
    95 % interval, paired over sketches), and gains over the start."""
    columns = {name: entry.columns for name, entry in entries.items()}
    values: dict[str, Any] = dict(means(columns[GENERATOR]))
    others = {name: c for name, c in columns.items() if name != GENERATOR}
    values |= {name: means(c) for name, c in others.items()}
    values["leads"] = {
        n: paired_gains(c, columns[GENERATOR]) for n, c in others.items() if n != TRUTH
    }
    if START in columns:
        values |= compared(columns[START], columns[GENERATOR])
    return values


def write_tables(cfg: EvaluateConfig, judge: Judge, entries: Mapping[Told, Entries]) -> None:
    """table.md, on the terminal too, and a CSV of sketches for each thing told."""
    ids, pages = [i for batch in judge.batches for i in batch.id], []
    for told, field in entries.items():
        columns = {name: entry.columns for name, entry in field.items()}
        open_ended = told == "nothing"
        shown = contest.UNCONDITIONAL if open_ended else contest.HEADLINE
        rows = contest.table({n: means(c) for n, c in columns.items()}, shown | {SECONDS: "↓"})
        leading = contest.UNCONDITIONAL if open_ended else contest.LEAD_METRICS
        leads = contest.leads(figures(field)["leads"], leading)
        title = contest.TITLES[told]
        print(f"\n{title}\n{table.text(*rows)}\n\n{contest.LEADS}\n{table.text(*leads)}")
        pages.append(f"## {title}\n\n{table.markdown(*rows)}\n{contest.LEADS}\n\n")
        pages.append(table.markdown(*leads))
        name = "sketches.csv" if told == cfg.told[0] else f"sketches.{told}.csv"
        write_text(cfg.output / name, contest.per_sketch(ids, columns))
    write_text(cfg.output / "table.md", "\n".join(pages))


def draw_contact(cfg: EvaluateConfig, judge: Judge, entries: Entries) -> None:
    """contact.png of the first samples with their rewards; with a start before_after.png of its
    first rows too."""
    images = {name: entry.samples[0] for name, entry in entries.items()}
    rewards = {name: entry.reward for name, entry in entries.items()}
    strips = contest.strips(judge.batches, images, rewards)
    draw_sheet(strips, cfg.output / "contact.png")
    if START in images:
        draw_sheet(strips[:4], cfg.output / "before_after.png")


if __name__ == "__main__":
    from colorrl.cli import run_verb

    run_verb("evaluate")
