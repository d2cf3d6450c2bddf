"""`colorrl compare`: runs side by side, spread over seeds, curves, panels, one page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from colorrl.config.schema.evaluation import CompareConfig
from colorrl.report import page, progress, table
from colorrl.report.baselines import baselines
from colorrl.report.curves import AXES, draw_curves
from colorrl.report.grid import draw_grid
from colorrl.report.groups import Figure, Group, differences, gather, paired
from colorrl.run.folder import find_runs
from colorrl.run.identity import command
from colorrl.run.result import write_result, write_text
from colorrl.run.wandb_report import report_of, save_report, write_report

FIRST = "In brackets: the paired difference to the first column over the seeds both have."
SPREAD = (
    "result.json's figures, and the mean over the last tenth of the images for what it lacks;"
    " ± half of the 95 % interval over seeds (Student's t), none for one seed."
)


def main(cfg: CompareConfig) -> None:
    """Print the table; write table.csv, table.md, progress.csv, curves.png, curves_seconds.png,
    grid.png, index.html, result.json."""
    trained = gather(find_runs(cfg.input))
    groups = [*trained, *baselines(cfg.baselines)]
    metrics = table.headline_metrics(groups)
    head, body = table.heading(groups), table.rows(groups, metrics)
    print(table.text(head, body))
    write_text(cfg.output / "table.csv", table.comma_separated(groups))
    write_text(cfg.output / "table.md", table.markdown(head, body))
    charted = [metric for metric in metrics if _has_curve(trained, metric)]
    pictures: dict[str, str] = {}
    if charted:
        write_text(cfg.output / "progress.csv", progress.comma_separated(trained, charted))
        for axis, title in AXES.items():
            name = "curves.png" if axis == "images" else f"curves_{axis}.png"
            draw_curves(groups, charted[:12], cfg.output / name, axis)
            pictures[f"Learning curves over {title}"] = name
    has_panels = draw_grid(trained, cfg.output / "grid.png")
    pictures |= {"Panels": "grid.png"} if has_panels else {}
    write_text(cfg.output / "index.html", _page(cfg.output, groups, (head, body), pictures))
    seeds = sorted({run.seed for group in groups for run in group.runs})
    write_result(cfg.output / "result.json", {"groups": _values(groups)}, cfg, seed=seeds)
    print(f"\n{SPREAD}\n{FIRST}\n\nreport: {cfg.output / 'index.html'}")
    if cfg.report is not None:
        runs = [run for group in trained for run in group.runs]
        made = report_of(runs, charted, cfg.report, table.markdown(head, body))
        write_report(made, cfg.output / "wandb_report.json")
        saved = f"   online: {save_report(made)}" if cfg.publish else ""
        print(f"W&B report: {cfg.output / 'wandb_report.json'}{saved}")


def _has_curve(groups: Sequence[Group], metric: str) -> bool:
    return any(len(run.curves.get(metric, ((), ()))[0]) > 1 for g in groups for run in g.runs)


def _page(
    folder: Path,
    groups: Sequence[Group],
    shown: tuple[list[str], list[list[str]]],
    pictures: dict[str, str],
) -> str:
    sections = [page.code(command()), page.heading("Figures at the end of the runs")]
    sections += [page.table(*shown), page.note(SPREAD), page.note(FIRST)]
    trained = [group for group in groups if group.runs[0].config]
    differing = differences([group.runs[0] for group in trained])
    if differing:
        rows = [[key, *values] for key, values in differing.items()]
        head = ["key", *(group.label for group in trained)]
        sections += [page.heading("Configuration that differs"), page.table(head, rows)]
    for title, name in pictures.items():
        sections += [page.heading(title), page.picture(folder / name, title)]
    return page.page("Runs compared", *sections, page.heading("Runs"), _run_list(groups))


def _run_list(groups: Sequence[Group]) -> str:
    rows = [
        [
            group.label,
            str(run.seed),
            run.config_hash,
            str(run.result.get("commit", "–")),
            str(run.path),
        ]
        for group in groups
        for run in group.runs
    ]
    return page.table(["group", "seed", "config", "commit", "folder"], rows)


def _values(groups: Sequence[Group]) -> dict[str, Any]:
    """By label, then by metric."""
    return {group.label: _group_values(group, groups[0]) for group in groups}


def _group_values(group: Group, first: Group) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": group.runs[0].name,
        "hash": group.runs[0].config_hash,
        "seeds": [run.seed for run in group.runs],
    }
    for metric, figure in group.figures.items():
        step = paired(group, first, metric) if group is not first else None
        values[metric] = _numbers(figure) | ({"difference": _numbers(step)} if step else {})
    return values


def _numbers(figure: Figure) -> dict[str, float]:
    return {"mean": figure.mean, "std": figure.std, "ci95": figure.ci95, "n": figure.n}
