"""The figures of the artists' pages: means over drawings with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from colorrl.benchmarks.gap_tables import RESAMPLES
from colorrl.report.table import markdown


@dataclass(frozen=True, slots=True)
class Reading:
    """One method on one drawing."""

    kind: str
    level: int
    method: str
    bled: float  # share of the true areas' pixels
    n_found: int
    n_true: int
    noted: bool  # it has a note
    expected: bool  # it should have one
    right: bool  # its notes are as expected


METRICS: dict[str, tuple[str, Callable[[Reading], float], int]] = {
    "bled": ("share of the area bled", lambda r: r.bled, 3),
    "per_area": ("regions found for each true area", lambda r: r.n_found / r.n_true, 2),
    "noted": ("share of drawings with a note", lambda r: float(r.noted), 2),
}


def figures(readings: Sequence[Reading], seed: int) -> dict[str, Any]:
    """bench/<kind>_<level>/<method>/<metric>, its _ci95, and precision and recall of the notes."""
    values: dict[str, Any] = {}
    for key in dict.fromkeys((r.kind, r.level, r.method) for r in readings):
        own = [r for r in readings if (r.kind, r.level, r.method) == key]
        for metric, (_, value, _) in METRICS.items():
            name = f"bench/{key[0]}_{key[1]}/{key[2]}/{metric}"
            values[name], values[f"{name}_ci95"] = _mean([value(r) for r in own], seed)
    for method in dict.fromkeys(r.method for r in readings):
        own = [r for r in readings if r.method == method]
        noted, expected = [r for r in own if r.noted], [r for r in own if r.expected]
        values[f"bench/notes/{method}/precision"] = _share([r.expected for r in noted])
        values[f"bench/notes/{method}/recall"] = _share([r.right for r in expected])
    return values


def page(readings: Sequence[Reading], seed: int, missing: Sequence[str]) -> str:
    """Markdown: for each metric and method a table, kinds down and levels across."""
    text = [f"{name}: not installed here, skipped\n\n" for name in missing]
    levels = sorted({r.level for r in readings})
    for title, value, digits in METRICS.values():
        for method in dict.fromkeys(r.method for r in readings):
            rows = []
            for kind in dict.fromkeys(r.kind for r in readings):
                cells = []
                for level in levels:
                    key = (kind, level, method)
                    own = [value(r) for r in readings if (r.kind, r.level, r.method) == key]
                    mean, half = _mean(own, seed)
                    cells.append(f"{mean:.{digits}f} ± {half:.{digits}f}")
                rows.append([kind, *cells])
            text.append(f"## {method}: {title}\n\n")
            text.append(markdown(["kind", *(f"level {level}" for level in levels)], rows) + "\n")
    values = figures(readings, seed)
    for method in dict.fromkeys(r.method for r in readings):
        shares = [values[f"bench/notes/{method}/{what}"] for what in ("precision", "recall")]
        text.append(f"Notes of {method}: precision {shares[0]:.2f}, recall {shares[1]:.2f}.\n\n")
    return "".join(text)


def _share(right: Sequence[bool]) -> float:
    return float(np.mean(right)) if right else float("nan")


def _mean(values: Sequence[float], seed: int) -> tuple[float, float]:
    """The mean, and half its 95 % interval from resampled drawings."""
    drawn = np.asarray(values)
    random = np.random.default_rng(seed)
    means = drawn[random.integers(len(drawn), size=(RESAMPLES, len(drawn)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(drawn.mean()), float(high - low) / 2
