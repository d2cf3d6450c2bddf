"""The gap benchmark's readings as figures and tables: means with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from colorrl.benchmarks.partition import MATCH, SMALLEST, Agreement
from colorrl.report.table import markdown

RESAMPLES = 1000
SOURCES = ("openmoji", "procedural")


@dataclass(frozen=True, slots=True)
class Reading:
    """One method on one drawing under one condition."""

    source: str
    drawing: str
    condition: str
    method: str
    agreement: Agreement
    ms: float  # processor time of one thread


class Tabled(Protocol):
    """What the tables need to know of a condition."""

    @property
    def table(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure per drawing: ``over`` / ``under``, pooled over drawings."""

    title: str
    over: Callable[[Reading], float]
    under: Callable[[Reading], float]
    digits: int


METRICS = {
    "are": Metric("adapted Rand error", lambda r: r.agreement.are, lambda r: 1, 4),
    "voi_split": Metric("VOI split, bits", lambda r: r.agreement.voi_split, lambda r: 1, 3),
    "voi_merge": Metric("VOI merge, bits", lambda r: r.agreement.voi_merge, lambda r: 1, 3),
    "matched": Metric(
        f"share of true regions over {SMALLEST} px found at IoU >= {MATCH}",
        lambda r: r.agreement.n_matched,
        lambda r: r.agreement.n_true,
        3,
    ),
    "count": Metric(
        f"regions over {SMALLEST} px found for each true one",
        lambda r: r.agreement.n_found,
        lambda r: r.agreement.n_true,
        2,
    ),
    "ms": Metric("milliseconds a drawing, one thread", lambda r: r.ms, lambda r: 1, 0),
}


def figures(readings: Sequence[Reading], seed: int) -> dict[str, Any]:
    """bench/<condition>/<method>/<metric> and its interval _ci95, and the same by source."""
    values: dict[str, Any] = {}
    for condition in dict.fromkeys(r.condition for r in readings):
        some = [r for r in readings if r.condition == condition]
        values[f"bench/{condition}/drawings"] = len({(r.source, r.drawing) for r in some})
        for method in dict.fromkeys(r.method for r in some):
            mine = [r for r in some if r.method == method]
            values |= _values(f"bench/{condition}/{method}", mine, seed)
            for source in SOURCES:
                own = [r for r in mine if r.source == source]
                values |= _values(f"bench/{condition}/{method}/{source}", own, seed)
    return values


def _values(name: str, readings: Sequence[Reading], seed: int) -> dict[str, float]:
    values = {}
    for metric, what in METRICS.items() if readings else ():
        values[f"{name}/{metric}"], values[f"{name}/{metric}_ci95"] = pooled(readings, what, seed)
    return values


def pooled(readings: Sequence[Reading], metric: Metric, seed: int) -> tuple[float, float]:
    """Sum of ``over`` by sum of ``under``, and half its 95 % interval from resampled drawings."""
    pairs = np.array([(metric.over(r), metric.under(r)) for r in readings], float)
    random = np.random.default_rng(seed)
    drawn = pairs[random.integers(len(pairs), size=(RESAMPLES, len(pairs)))].sum(1)
    low, high = np.quantile(_ratio(drawn), [0.025, 0.975])
    return float(_ratio(pairs.sum(0))), float(high - low) / 2


def _ratio(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return sums[..., 0] / sums[..., 1]


def page(
    readings: Sequence[Reading],
    conditions: Mapping[str, Tabled],
    skipped: Iterable[str],
    seed: int,
) -> str:
    """Markdown: for each heading a table per metric, methods down, conditions across."""
    text = [f"{name}: not installed here, skipped\n\n" for name in skipped]
    for heading in dict.fromkeys(c.table for c in conditions.values()):
        own = [name for name, c in conditions.items() if c.table == heading]
        some = [r for r in readings if r.condition in own]
        if some:
            text += [f"## {heading}\n\n", _counted(some, own)]
            text += [_table(some, own, metric, seed) for metric in METRICS.values()]
    return "".join(text)


def _counted(readings: Sequence[Reading], conditions: Sequence[str]) -> str:
    parts = []
    for condition in conditions:
        there = {(r.source, r.drawing) for r in readings if r.condition == condition}
        shares = [f"{sum(s == source for s, _ in there)} {source}" for source in SOURCES]
        parts.append(f"{condition}: {len(there)} drawings ({', '.join(shares)})")
    return "; ".join(parts) + "\n\n"


def _table(
    readings: Sequence[Reading], conditions: Sequence[str], metric: Metric, seed: int
) -> str:
    rows = []
    for method in dict.fromkeys(r.method for r in readings):
        mine = [[r for r in readings if (r.method, r.condition) == (method, c)] for c in conditions]
        rows.append([method, *(_cell(m, metric, seed) for m in mine)])
    return markdown([metric.title, *conditions], rows) + "\n"


def _cell(readings: Sequence[Reading], metric: Metric, seed: int) -> str:
    if not readings:
        return "–"
    mean, half = pooled(readings, metric, seed)
    return f"{mean:.{metric.digits}f} ± {half:.{metric.digits}f}"
