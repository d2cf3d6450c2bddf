"""`colorrl evaluate`: a generator on held-out sketches, and what it must be better than.

A table for each of ``palette_conditions``: the true colours with their shares, the colours alone,
or none. Beside single samples: what ``votes`` of them agree on, which is how pages are coloured,
and what they agree on at the given shares. Baselines: evaluation/baselines, the start (``start=``),
and the best of n samples of both, chosen by the reward: what sampling alone can buy. That costs n
times the samples and, as the reward is paired, needs the truth at test time. A mixture is evaluated
set by set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from colorrl.config.schema.evaluation import EvaluateConfig
from colorrl.config.schema.words import PaletteCondition
from colorrl.data.load import names_of
from colorrl.evaluation.contestants import AT_SHARES, GENERATOR, START, TRUTH, VOTE
from colorrl.evaluation.entry import SECONDS, Columns, Entries, gallery, measure_all
from colorrl.evaluation.judge import Judge, compared, means, paired_gains
from colorrl.evaluation.setting import load
from colorrl.report import contest, table
from colorrl.report.sheet import draw_sheet
from colorrl.run.result import write_result, write_text

# whose leads over all others are reported, and where they stand in result.json
LEADS = {GENERATOR: "leads", VOTE: "leads_of_vote", AT_SHARES: "leads_of_vote_at_shares"}


def main(cfg: EvaluateConfig) -> None:
    """Evaluate the set of ``cfg.data``, or each set of a mixture and then all in one table."""
    if not cfg.data.sets:
        evaluate(cfg)
        return
    results = {}
    for name in names_of(cfg.data):
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
    setting = load(cfg)
    judge = setting.judge
    entries = {
        condition: measure_all(cfg, condition, setting) for condition in cfg.palette_conditions
    }
    first = entries[cfg.palette_conditions[0]]
    draw_contact(cfg, judge, first)
    chosen = gallery(len(first[GENERATOR].reward), cfg.seed)
    strips = contest.samples(judge.batches, chosen, first[GENERATOR].gallery)
    draw_sheet(strips, cfg.output / "samples.png", scale=1)
    found = {condition: figures(field) for condition, field in entries.items()}
    write_tables(cfg, judge, entries, found)
    values = found.pop(cfg.palette_conditions[0])
    values |= {f"condition_{condition}": of_field for condition, of_field in found.items()}
    values |= {
        "split": cfg.split,
        "sketches": len(first[GENERATOR].reward),
        "palette_condition": cfg.palette_conditions[0],
    }
    write_result(cfg.output / "result.json", values, cfg, device=str(judge.batches[0].line.device))
    print(f"{values['sketches']} sketches; reports in {cfg.output}")
    return values


def figures(entries: Entries) -> dict[str, Any]:
    """The generator's means by metric, the others' under their names, its leads over them (mean,
    95 % interval, paired over sketches), and gains over the start."""
    columns = {name: entry.columns for name, entry in entries.items()}
    values: dict[str, Any] = dict(means(columns[GENERATOR]))
    others = {name: c for name, c in columns.items() if name != GENERATOR}
    values |= {name: means(c) for name, c in others.items()}
    values |= {key: leads_of(leader, columns) for leader, key in LEADS.items() if leader in columns}
    if START in columns:
        values |= compared(columns[START], columns[GENERATOR])
    return values


def leads_of(
    name: str, columns: Mapping[str, Columns]
) -> dict[str, dict[str, tuple[float, float, float]]]:
    """rival -> metric -> the lead over it of contestant ``name`` (mean, low, high)."""
    rivals = {n: c for n, c in columns.items() if n not in (name, TRUTH)}
    return {n: paired_gains(c, columns[name]) for n, c in rivals.items()}


def write_tables(
    cfg: EvaluateConfig,
    judge: Judge,
    entries: Mapping[PaletteCondition, Entries],
    found: Mapping[PaletteCondition, Mapping[str, Any]],
) -> None:
    """table.md, on the terminal too, and a CSV of sketches for each condition; ``found`` has the
    figures of each."""
    ids, pages = [i for batch in judge.batches for i in batch.id], []
    for earlier in cfg.output.glob("sketches*.csv"):  # those of conditions left out this time
        earlier.unlink()
    for condition, field in entries.items():
        columns = {name: entry.columns for name, entry in field.items()}
        open_ended = condition == "none"
        shown = contest.UNCONDITIONAL if open_ended else contest.HEADLINE
        rows = contest.table({n: means(c) for n, c in columns.items()}, shown | {SECONDS: "↓"})
        leading = contest.UNCONDITIONAL if open_ended else contest.LEAD_METRICS
        title = contest.TITLES[condition]
        print(f"\n{title}\n{table.text(*rows)}")
        pages.append(f"## {title}\n\n{table.markdown(*rows)}")
        for leader, key in LEADS.items():
            if key in found[condition]:
                leads = contest.leads(found[condition][key], leading)
                print(f"\nThe {leader} {contest.LEADS}\n{table.text(*leads)}")
                pages.append(f"The {leader} {contest.LEADS}\n\n{table.markdown(*leads)}")
        name = (
            "sketches.csv"
            if condition == cfg.palette_conditions[0]
            else f"sketches.{condition}.csv"
        )
        write_text(cfg.output / name, contest.per_sketch(ids, columns))
    write_text(cfg.output / "table.md", "\n".join(pages))


def draw_contact(cfg: EvaluateConfig, judge: Judge, entries: Entries) -> None:
    """contact.png of the first samples with their rewards; with a start before_after.png of its
    first rows too."""
    images = {name: entry.image for name, entry in entries.items()}
    rewards = {name: entry.reward for name, entry in entries.items()}
    strips = contest.strips(judge.batches, images, rewards)
    draw_sheet(strips, cfg.output / "contact.png")
    if START in images:
        draw_sheet(strips[:4], cfg.output / "before_after.png")
