"""Learning curves over images sampled, mean and band over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from colorrl.report.fonts import legible, use_fonts
from colorrl.report.groups import Group

Array = NDArray[np.float64]
# Okabe and Ito's palette, told apart by colour-blind eyes too; black and yellow left out.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
STYLES = ("-", "--", ":", "-.")


def draw_curves(groups: Sequence[Group], metrics: Sequence[str], path: Path) -> None:
    """One small chart per metric into ``path`` (PNG), one line per group, a shared legend."""
    n_columns = min(3, len(metrics))
    n_rows = -(-len(metrics) // n_columns)
    use_fonts()
    figure = Figure(figsize=(4.2 * n_columns, 2.9 * n_rows + 0.5), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(n_rows, n_columns, squeeze=False).flatten()
    for axis, metric in zip(axes, metrics, strict=False):
        _chart(axis, groups, metric)
    for axis in axes[len(metrics) :]:
        axis.set_axis_off()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3, frameon=False, fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def band(group: Group, metric: str) -> tuple[Array, Array, Array] | None:
    """Images (M,), mean (M,) and standard deviation (M,) over the seeds that have ``metric``.

    Seeds are read off by linear interpolation over the stretch that all of them cover.
    """
    curves = [run.curves[metric] for run in group.runs if metric in run.curves]
    if not curves:
        return None
    low, high = max(min(x) for x, _ in curves), min(max(x) for x, _ in curves)
    images = np.unique([i for x, _ in curves for i in x if low <= i <= high])
    values = np.stack([np.interp(images, x, y) for x, y in curves])  # (seeds, M)
    spread = values.std(0, ddof=1) if len(curves) > 1 else np.zeros_like(images)
    return images, values.mean(0), spread


def _chart(axis: Axes, groups: Sequence[Group], metric: str) -> None:
    for i, group in enumerate(groups):
        drawn, label = band(group, metric), legible(group.label, i)
        colour = COLOURS[i % len(COLOURS)]
        style: dict[str, Any] = {"color": colour, "linestyle": STYLES[i // len(COLOURS) % 4]}
        if drawn is None:
            axis.plot([], [], label=label, **style)
            continue
        images, mean, spread = drawn
        mark = "o" if len(images) < 3 else None
        axis.plot(images, mean, label=label, linewidth=1.6, marker=mark, ms=3, **style)
        axis.fill_between(images, mean - spread, mean + spread, color=colour, alpha=0.18, lw=0)
    axis.set_title(metric, loc="left", fontsize=10)
    axis.set_xlabel("images sampled", fontsize=8)
    axis.tick_params(labelsize=8, length=2)
    axis.grid(alpha=0.25, linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)
