"""A report of Weights & Biases about a set of runs: its specification, written or saved online.

The specification is made here from the run folders and needs no network; saving does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorrl.errors import UserError
from colorrl.run.folder import RunFolder
from colorrl.run.result import write_text

if TYPE_CHECKING:
    from wandb_workspaces.reports.v2 import Report

PANEL = "panel/panel"  # what training shows of held-out sketches


def report_of(runs: Sequence[RunFolder], metrics: Sequence[str], where: str, table: str) -> Report:
    """Curves of ``metrics`` over images, seeds as one line with its spread, the panels, and
    ``table`` (Markdown) before them.

    ``where`` is ENTITY/PROJECT. Raises UserError without the extra, and for runs that W&B has not
    followed.
    """
    try:
        from wandb_workspaces import expr
        from wandb_workspaces.reports import v2
    except ImportError as fault:
        raise UserError(f'{fault}: pip install "colorrl[report]"') from None
    entity, _, project = where.partition("/")
    if not entity or not project:
        raise UserError(f"report={where}: write ENTITY/PROJECT, where the runs are")
    runset = v2.Runset(name="runs", filters=[expr.Metric("ID").isin(_ids(runs))], groupby=["Group"])
    lines = [
        v2.LinePlot(
            title=name,
            x="images",
            y=[name],
            groupby="Group",
            groupby_aggfunc="mean",
            groupby_rangefunc="stddev",
        )
        for name in metrics
    ]
    panels: list[Any] = [*lines, v2.MediaBrowser(title="held-out sketches", media_keys=[PANEL])]
    names = sorted({run.name for run in runs})
    blocks: list[Any] = [
        v2.MarkdownBlock(table),
        v2.H2("Seeds of one configuration are one line: their mean, and one standard deviation"),
        v2.PanelGrid(runsets=[runset], panels=panels),
    ]
    title = f"colorrl: {', '.join(names)}"[:128]
    return v2.Report(project=project, entity=entity, title=title, blocks=blocks, width="fluid")


def write_report(report: Report, path: Path) -> None:
    """The specification as JSON, as the service takes it."""
    spec = report._to_model().spec.model_dump_json(by_alias=True, exclude_none=True)
    values: dict[str, Any] = {
        "entity": report.entity,
        "project": report.project,
        "title": report.title,
        "spec": json.loads(spec),
    }
    write_text(path, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def save_report(report: Report) -> str:
    """Save it online; its address. Raises UserError without a login or a network."""
    from wandb.errors import CommError, UsageError

    try:
        return str(report.save().url)
    except (CommError, UsageError, OSError, ValueError) as fault:
        raise UserError(
            f"W&B: the report is not saved ({str(fault).splitlines()[0]}): `wandb login`, or leave "
            "publish=true away"
        ) from None


def _ids(runs: Sequence[RunFolder]) -> list[str]:
    """The ids that W&B has given ``runs``."""
    untracked = next((r.path for r in runs if not (r.path / "wandb_id").is_file()), None)
    if untracked is not None:
        raise UserError(f"{untracked} was not followed by W&B: a report needs track=wandb")
    return [(run.path / "wandb_id").read_text(encoding="utf-8").strip() for run in runs]
