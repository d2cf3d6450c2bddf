"""TensorBoard beside metrics.csv (``track=tensorboard``): event files in the run's folder.

The step is the update. A resumed run hides what its crash left after its checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from colorrl.errors import UserError
from colorrl.run.tracker import Metrics, Rows, Run


class TensorBoardTracker:
    """Scalars, histograms and panels; alerts and scores of panels as text."""

    def __init__(self, run: Run) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter  # an extra
        except ImportError as fault:
            raise UserError(f'{fault}: pip install "colorrl[tensorboard]"') from None
        purged = None if run.resumed is None else run.resumed + 1
        self.writer = SummaryWriter(str(run.folder / "tensorboard"), purge_step=purged)
        self.step = run.resumed or 0
        if run.resumed is None:
            self.writer.add_text("config", _fenced(run.config), 0)

    def log(
        self,
        step: int,
        images: int,
        metrics: Metrics,
        histograms: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.step = step
        for name, value in {"images": images, **metrics}.items():
            self.writer.add_scalar(name, value, step)
        for name, values in (histograms or {}).items():
            self.writer.add_histogram(f"histogram/{name}", values.detach().float().cpu(), step)

    def images(self, step: int, name: str, grid: Tensor, rows: Rows | None = None) -> None:
        self.writer.add_image(f"panel/{name}", grid.detach().float().cpu().clamp(0, 1), step)
        if rows:
            self.writer.add_text(f"table/{name}", _table(rows), step)

    def artifact(self, path: Path, type: str) -> None:
        """Nothing to do: TensorBoard keeps no files."""

    def alert(self, title: str, text: str) -> None:
        self.writer.add_text("alert", f"**{title}** {text}", self.step)

    def finish(self, summary: Metrics) -> None:
        for name, value in summary.items():
            self.writer.add_scalar(f"summary/{name}", value, self.step)
        self.writer.close()


def _fenced(config: Mapping[str, object]) -> str:
    import yaml  # late, as with save_config

    return f"```\n{yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)}```"


def _table(rows: Rows) -> str:
    """Markdown of what are not pictures."""
    names = [name for name, value in rows[0].items() if not isinstance(value, Tensor)]
    lines = [names, ["---"] * len(names), *([_cell(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
