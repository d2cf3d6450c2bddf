"""Learning curves over images sampled or seconds, mean and 95 % interval over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from colorrl.report.fonts import legible, use_fonts
from colorrl.report.groups import Group, half_width
from colorrl.run.folder import RunFolder

Array = NDArray[np.float64]
Axis = Literal["images", "seconds"]
AXES: dict[Axis, str] = {"images": "images sampled", "seconds": "seconds"}
# Okabe and Ito's palette, distinct to colour-blind eyes too; black and yellow left out.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
STYLES = ("-", "--", ":", "-.")


def draw_curves(
    groups: Sequence[Group], metrics: Sequence[str], path: Path, axis: Axis = "images"
) -> None:
    """One small chart per metric into ``path`` (PNG), one line per group, a shared legend.

    A group without a curve, such as a baseline, is a level line where it has the figure.
    """
    n_columns = min(3, len(metrics))
    n_rows = -(-len(metrics) // n_columns)
    use_fonts()
    figure = Figure(figsize=(4.2 * n_columns, 2.9 * n_rows + 0.5), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(n_rows, n_columns, squeeze=False).flatten()
    for chart, metric in zip(axes, metrics, strict=False):
        _chart(chart, groups, metric, axis)
    for chart in axes[len(metrics) :]:
        chart.set_axis_off()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3, frameon=False, fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def band(group: Group, metric: str, axis: Axis = "images") -> tuple[Array, Array, Array] | None:
    """Places on ``axis`` (M,), mean (M,) and half width of the 95 % interval (M,) of ``metric``.

    Over the seeds that have it, 0 for one; they are read off by linear interpolation over the
    stretch that all of them cover.
    """
    curves = [curve for run in group.runs if (curve := _curve(run, metric, axis))]
    if not curves:
        return None
    low, high = max(min(x) for x, _ in curves), min(max(x) for x, _ in curves)
    places = np.unique([i for x, _ in curves for i in x if low <= i <= high])
    values = np.stack([np.interp(places, x, y) for x, y in curves])  # (seeds, M)
    if len(curves) < 2:
        return places, values[0], np.zeros_like(places)
    return places, values.mean(0), half_width(values.std(0, ddof=1), len(curves))


def _curve(run: RunFolder, metric: str, axis: Axis) -> tuple[list[float], list[float]] | None:
    """Places and values of ``metric``; None where the run lacks it or the axis."""
    if metric not in run.curves or (axis == "seconds" and "seconds" not in run.curves):
        return None
    images, values = run.curves[metric]
    if axis == "images":
        return images, values
    return [float(x) for x in np.interp(images, *run.curves["seconds"])], values


def _chart(axes: Axes, groups: Sequence[Group], metric: str, axis: Axis) -> None:
    for i, group in enumerate(groups):
        drawn, label = band(group, metric, axis), legible(group.label, i)
        color = COLORS[i % len(COLORS)]
        style: dict[str, Any] = {"color": color, "linestyle": STYLES[i // len(COLORS) % 4]}
        if drawn is None:
            level = group.figures.get(metric) if not any(run.curves for run in group.runs) else None
            axes.plot([], [], label=label, **style)
            if level is not None:
                axes.axhline(level.mean, linewidth=1.0, **style)
            continue
        places, mean, half = drawn
        mark = "o" if len(places) < 3 else None
        axes.plot(places, mean, label=label, linewidth=1.6, marker=mark, ms=3, **style)
        axes.fill_between(places, mean - half, mean + half, color=color, alpha=0.18, lw=0)
    axes.set_title(metric, loc="left", fontsize=10)
    axes.set_xlabel(AXES[axis], fontsize=8)
    axes.tick_params(labelsize=8, length=2)
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
