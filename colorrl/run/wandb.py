"""Weights & Biases beside metrics.csv (``track=wandb``). Offline it works without an account.

A resumed run keeps its id. W&B's history only grows, so the steps between a checkpoint and a
crash appear twice there, with the same values (resume is exact); metrics.csv has them once.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import wandb
from torch import Tensor
from wandb.errors import CommError, UsageError

from colorrl.errors import UserError
from colorrl.run.identity import commit
from colorrl.run.result import write_text
from colorrl.run.tracker import BEST, EVERY, LATEST, Metrics, Rows, Run

Mode = Literal["online", "offline", "disabled"]
Uploads = Literal["none", "best_and_last", "all"]
UPLOADED: dict[Uploads, tuple[str, ...]] = {
    "none": (),
    "best_and_last": (LATEST, BEST),
    "all": (LATEST, BEST, EVERY),
}


class WandbTracker:
    """The metric ``objective`` names is logged under that word too: what a sweep maximises."""

    def __init__(
        self,
        run: Run,
        project: str,
        mode: Mode | None,
        tags: Sequence[str],
        objective: str,
        checkpoints: Uploads,
    ) -> None:
        self.uploaded = UPLOADED[checkpoints]
        try:
            self.run = wandb.init(
                project=project,
                mode=mode,
                dir=str(run.folder),
                id=_run_id(run),
                resume="allow",
                name=f"{run.name}-{run.config_hash}-seed{run.seed}",
                group=f"{run.name}-{run.config_hash}",
                job_type=run.verb,
                tags=[run.verb, run.name, *tags],
                config={**run.config, "commit": commit(), "config_hash": run.config_hash},
            )
        except (UsageError, CommError) as fault:
            raise UserError(
                f"W&B: {fault}. Remedy: `wandb login`, or track.wandb.mode=offline"
            ) from None
        # the agent of a sweep has chosen another
        write_text(run.folder / "wandb_id", self.run.id)
        self.objective = objective
        self.last = {"step": -1, "images": 0}
        self.waiting: dict[str, Any] = {}  # panels of a step whose metrics are still to come
        self.run.define_metric("images")
        self.run.define_metric("*", step_metric="images")

    def log(
        self,
        step: int,
        images: int,
        metrics: Metrics,
        histograms: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.last = {"step": step, "images": images}
        drawn = {f"histogram/{k}": _histogram(v) for k, v in (histograms or {}).items()}
        aim = {"objective": metrics[self.objective]} if self.objective in metrics else {}
        self.run.log({**self.last, **metrics, **aim, **drawn, **self.waiting})
        self.waiting = {}

    def images(self, step: int, name: str, grid: Tensor, rows: Rows | None = None) -> None:
        shown: dict[str, Any] = {f"panel/{name}": _picture(grid)}
        if rows:
            names = list(rows[0])
            columns: list[str | int] = [*names]
            table = [[_cell(row[name]) for name in names] for row in rows]
            shown[f"table/{name}"] = wandb.Table(columns=columns, data=table)
        if step == self.last["step"]:
            self.run.log({**self.last, **shown})
        else:
            self.waiting |= shown

    def artifact(self, path: Path, type: str) -> None:
        if type in (LATEST, BEST, EVERY) and type not in self.uploaded:
            return
        name = re.sub(r"[^\w.-]+", "-", f"{self.run.name}-{type}", flags=re.ASCII)
        made = wandb.Artifact(name, type=type)
        (made.add_dir if path.is_dir() else made.add_file)(str(path))
        self.run.log_artifact(made)

    def alert(self, title: str, text: str) -> None:
        """By mail or chat, as the account has it set; offline it goes out with `wandb sync`."""
        self.run.alert(title=title, text=text, level="WARN")

    def finish(self, summary: Metrics) -> None:
        if self.waiting:
            self.run.log({**self.last, **self.waiting})
        self.run.summary.update(dict(summary))
        self.run.finish()


def _run_id(run: Run) -> str:
    """The id of this run, kept in its folder so that a resumed run is the same run."""
    path = run.folder / "wandb_id"
    if run.resumed is None or not path.exists():
        write_text(path, secrets.token_hex(4))
    return path.read_text(encoding="utf-8").strip()


def _histogram(values: Tensor) -> wandb.Histogram:
    return wandb.Histogram(values.detach().float().flatten().cpu().tolist())


def _picture(image: Tensor) -> wandb.Image:
    """(3, H, W) sRGB in [0, 1]."""
    pixels = image.detach().float().cpu().clamp(0, 1).mul(255).round().byte()
    return wandb.Image(pixels.permute(1, 2, 0).numpy())


def _cell(value: Any) -> Any:
    return _picture(value) if isinstance(value, Tensor) and value.dim() == 3 else value
