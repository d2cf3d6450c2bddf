"""Tables of the sheet benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

EVERY = "all"
# nothing but small things tells who is who on their pages: shown, and not judged
UNTOLD = "twins"


@dataclass(frozen=True, slots=True)
class Reading:
    """One method on one pair; areas in px."""

    kind: str
    method: str
    agree: float  # in the true colour
    matched: float  # that the method is sure of
    counted: float  # that could be right


def agreement(readings: Iterable[Reading]) -> tuple[float, float]:
    """Share of the matched area that agrees, and of the counted area that is matched."""
    rows = list(readings)
    agree, matched, counted = (
        sum(getattr(r, f) for r in rows) for f in ("agree", "matched", "counted")
    )
    return agree / max(matched, 1.0), matched / max(counted, 1.0)


def figures(readings: Sequence[Reading]) -> dict[str, Any]:
    """bench/<kind>/<method>/{agreement,matched}, and the number of pairs."""
    values: dict[str, Any] = {}
    for kind, method, rows in _cells(readings):
        share, matched = agreement(rows)
        key = f"bench/{kind}/{method.replace(', ', '_').replace(' ', '_')}"
        values |= {f"{key}/agreement": share, f"{key}/matched": matched}
        values[f"bench/{kind}/pairs"] = len(rows)
    return values


def _cells(readings: Sequence[Reading]) -> Iterable[tuple[str, str, list[Reading]]]:
    kinds = list(dict.fromkeys(r.kind for r in readings))
    methods = list(dict.fromkeys(r.method for r in readings))
    for method in methods:
        own = [r for r in readings if r.method == method]
        for kind in kinds:
            yield kind, method, [r for r in own if r.kind == kind]
        yield EVERY, method, [r for r in own if r.kind != UNTOLD]


def page_of(readings: Sequence[Reading]) -> str:
    """A Markdown table: a row for each method, agreement (share of the area matched) by kind."""
    cells = {(m, k): agreement(rows) for k, m, rows in _cells(readings)}
    kinds = list(dict.fromkeys(k for _, k in cells))
    head = f"| method | {' | '.join(kinds)} |\n|---|{'--:|' * len(kinds)}"
    rows = []
    for method in dict.fromkeys(m for m, _ in cells):
        shown = (f"{a:.3f} ({s:.2f})" for a, s in (cells[method, k] for k in kinds))
        rows.append(f"| {method} | {' | '.join(shown)} |")
    note = f"Agreement (share of the area matched); {EVERY} is all but {UNTOLD}."
    return "\n".join([note, "", head, *rows, ""])


def shortfalls(readings: Sequence[Reading], bar: float) -> tuple[str, ...]:
    """A sentence if the first method's agreement over all but twins misses the ``bar``."""
    method = readings[0].method
    share, _ = agreement(r for r in readings if r.method == method and r.kind != UNTOLD)
    return () if share >= bar else (f"{method}: agreement {share:.3f} is below {bar}",)
