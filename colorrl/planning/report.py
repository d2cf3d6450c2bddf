"""What searches cost and gain: over seeds and sketches, as tables and as a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from colorrl.metrics import mean_over_seeds
from colorrl.planning.study import best_of_name
from colorrl.report import table
from colorrl.report.curves import COLORS
from colorrl.report.fonts import use_fonts
from colorrl.task.deck import Deck

METRICS = ("eval/reward", "eval/region_accuracy", "gold/pixel_share", "diversity")
Columns = dict[str, Tensor]  # metric -> (seeds, sketches)
Costs = Mapping[str, tuple[int, int]]  # search -> network calls, reward calls a sketch
Interval = tuple[float, float, float]  # mean, low, high
WHAT = ("network calls", "reward calls")


def ladder(costs: Costs) -> dict[str, int]:
    """The best of n by name, and n."""
    return {name: n for name, (_, n) in costs.items() if name == best_of_name(n)}


def rival(name: str, costs: Costs, what: int) -> str:
    """The best of n that has the cost of ``name`` in network calls (``what`` 0) or reward calls
    (1). A cost between two n: the larger one."""
    sizes = ladder(costs)
    return min((n, r) for r, n in sizes.items() if costs[r][what] >= costs[name][what])[1]


def gains_of(name: str, columns: Mapping[str, Columns], costs: Costs) -> dict[str, dict[str, Any]]:
    """Gains over the best of n at equal network calls and at equal reward calls.

    [mean, low, high] of each metric, paired over seeds and sketches.
    """
    found = {}
    for which, what in enumerate(WHAT):
        over = rival(name, costs, which)
        gain = {m: list(mean_over_seeds(columns[name][m] - columns[over][m])) for m in METRICS}
        found[f"at equal {what}"] = {"rival": over} | gain
    return found


def beam_rounds(
    deck: Deck, columns: Mapping[str, Columns], costs: Costs
) -> list[tuple[str, int, Interval]]:
    """Why beam search gains or loses: drawings by whether its budget holds one round.

    A round tries every other entry of every region once. (which, how many, gain of the reward over
    the best of n at equal reward calls) of the drawings that it fits and of the others.
    """
    pages = 1 + deck.n_regions * (deck.n_entries - 1)
    fits = pages <= costs["beam"][1]
    over = rival("beam", costs, 1)
    gain = columns["beam"]["eval/reward"] - columns[over]["eval/reward"]
    return [
        (which, int(of.sum()), mean_over_seeds(gain[:, of]))
        for which, of in (("one round fits", fits), ("it does not", ~fits))
        if of.any()
    ]


def tables(
    foretells: Mapping[str, Sequence[Interval]],
    columns: Mapping[str, Columns],
    costs: Costs,
    gains: Mapping[str, Mapping[str, Any]],
    rounds: Sequence[tuple[str, int, Interval]],
) -> list[str]:
    """Rank correlations, means, gains and the beam's rounds as Markdown."""
    by_step = zip(*foretells.values(), strict=True)
    steps = [[str(t), *map(shown, figures)] for t, figures in enumerate(by_step, 1)]
    body = [
        [name, *map(str, costs[name]), *(f"{c[m].nanmean():.3f}" for m in METRICS)]
        for name, c in columns.items()
    ]
    steps_up = [
        [f"{name}, {what}", of["rival"], *(shown(of[m]) for m in METRICS)]
        for name, both in gains.items()
        for what, of in both.items()
    ]
    made = [
        table.markdown(["rank correlation at step", *foretells], steps),
        table.markdown(["search", *WHAT, *METRICS], body),
        table.markdown(["gain", "over", *METRICS], steps_up),
    ]
    if rounds:
        head = ["beam's budget", "drawings", "gain of reward at equal reward calls"]
        made.append(table.markdown(head, [[w, str(n), shown(g)] for w, n, g in rounds]))
    return made


def shown(figure: Sequence[float]) -> str:
    mean, low, high = figure
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"


def draw(columns: Mapping[str, Columns], costs: Costs, path: Path) -> None:
    """Reward, gold and diversity over network calls (above) and reward calls into ``path`` (PNG).

    The best of n is a line, other searches are points; bars are 95 % intervals.
    """
    metrics = ("eval/reward", "gold/pixel_share", "diversity")
    use_fonts()
    figure = Figure(figsize=(12.6, 6.6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(WHAT), len(metrics), squeeze=False)
    for which, row in enumerate(grid):
        for chart, metric in zip(row, metrics, strict=True):
            _chart(chart, columns, costs, metric, which)
    labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(*labels, loc="outside upper left", ncols=5, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _chart(
    chart: Axes, columns: Mapping[str, Columns], costs: Costs, metric: str, which: int
) -> None:
    sizes = ladder(costs)
    groups = {"best of n": list(sizes)} | {name: [name] for name in columns if name not in sizes}
    for color, (label, names) in zip(COLORS, groups.items(), strict=False):
        figures = torch.tensor([mean_over_seeds(columns[name][metric]) for name in names])
        mean, low, high = figures.T.numpy()
        at = [costs[name][which] for name in names]
        style = "-o" if label == "best of n" else "s"
        bars = (mean - low).clip(0), (high - mean).clip(0)
        chart.errorbar(at, mean, bars, fmt=style, color=color, label=label, capsize=2, ms=4)
    chart.set_xscale("log", base=2)
    chart.set_xlabel(f"{WHAT[which]} a sketch")
    chart.set_ylabel(metric)
