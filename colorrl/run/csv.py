"""metrics.csv and panel/*.png in the run folder: always on, needs no account and no network."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from torchvision.transforms.functional import to_pil_image

from colorrl.run.result import write_text
from colorrl.run.tracker import Metrics, Rows, Run

LEAD = ("step", "images", "seconds")


class CsvTracker:
    """One row a log call; a resumed run drops the rows after its checkpoint and goes on.

    ``seconds`` is the time the run itself took, pauses between sessions not counted.
    """

    def __init__(self, run: Run) -> None:
        self.path = run.folder / "metrics.csv"
        self.panels = run.folder / "panel"
        self.columns = list(LEAD)
        self.rows: list[dict[str, str]] = []
        if run.resumed is not None and self.path.exists():
            self._reopen(run.resumed)
        spent = float(self.rows[-1]["seconds"]) if self.rows else 0.0
        self.started = time.monotonic() - spent
        self._rewrite()

    def log(
        self,
        step: int,
        images: int,
        metrics: Metrics,
        histograms: Mapping[str, Tensor] | None = None,
    ) -> None:
        seconds = f"{time.monotonic() - self.started:.3f}"
        row = {"step": str(step), "images": str(images), "seconds": seconds}
        row |= {name: repr(float(value)) for name, value in metrics.items()}
        self.rows.append(row)
        new = [name for name in row if name not in self.columns]
        if new:
            self.columns += new
            self._rewrite()
        else:
            with self.path.open("a", encoding="utf-8", newline="") as file:
                csv.DictWriter(file, self.columns, restval="", lineterminator="\n").writerow(row)

    def images(self, step: int, name: str, grid: Tensor, rows: Rows | None = None) -> None:
        self.panels.mkdir(parents=True, exist_ok=True)
        stem = panel_stem(name, step)
        to_pil_image(grid.detach().float().cpu().clamp(0, 1)).save(self.panels / f"{stem}.png")
        if rows:
            write_text(self.panels / f"{stem}.csv", _table([_scores(row) for row in rows]))

    def artifact(self, path: Path, type: str) -> None:
        """Nothing to do: the file is already on this disk."""

    def alert(self, title: str, text: str) -> None:
        """Nothing to do: the console has shown it, and what raised it is a metric too."""

    def finish(self, summary: Metrics) -> None:
        """Nothing to do: the entry point writes result.json."""

    def _reopen(self, step: int) -> None:
        with self.path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            # A killed process may leave half a row: it lacks columns, which read as None.
            whole = [row for row in reader if None not in row.values() and None not in row]
            self.columns = list(reader.fieldnames or LEAD)
        self.rows = [row for row in whole if int(row["step"]) <= step]

    def _rewrite(self) -> None:
        write_text(self.path, _table(self.rows, self.columns))


def panel_stem(name: str, step: int) -> str:
    """File name of a panel; the eight digits let names sort by step."""
    plain = re.sub(r"[^\w.-]+", "_", name)
    return f"{plain}-{step:08d}"


def _scores(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not isinstance(value, Tensor)}


def _table(rows: list[dict[str, Any]], columns: list[str] | None = None) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or list(rows[0]), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
