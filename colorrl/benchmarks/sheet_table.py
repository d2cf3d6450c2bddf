"""Tables of the sheet benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

EVERY = "all"
# nothing but small things identifies who is who on their pages: shown on its own, and without
TWINS = "twins"
OTHERS = f"all but {TWINS}"


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


def mean_agreement(readings: Iterable[Reading]) -> float:
    """The mean over pairs of the share of their matched area that agrees; NaN if none has any."""
    shares = [r.agree / r.matched for r in readings if r.matched]
    return sum(shares) / len(shares) if shares else math.nan


def figures(readings: Sequence[Reading]) -> dict[str, Any]:
    """bench/<kind>/<method>/{agreement,mean_agreement,matched}, and the number of pairs."""
    values: dict[str, Any] = {}
    for kind, method, rows in _cells(readings):
        share, matched = agreement(rows)
        place = f"bench/{_key(kind)}"
        key = f"{place}/{_key(method)}"
        values |= {f"{key}/agreement": share, f"{key}/matched": matched}
        values[f"{key}/mean_agreement"] = mean_agreement(rows)
        values[f"{place}/pairs"] = len(rows)
    return values


def _key(name: str) -> str:
    return name.replace(", ", "_").replace(" ", "_")


def _cells(readings: Sequence[Reading]) -> Iterable[tuple[str, str, list[Reading]]]:
    kinds = list(dict.fromkeys(r.kind for r in readings))
    methods = list(dict.fromkeys(r.method for r in readings))
    for method in methods:
        own = [r for r in readings if r.method == method]
        for kind in kinds:
            yield kind, method, [r for r in own if r.kind == kind]
        yield OTHERS, method, [r for r in own if r.kind != TWINS]
        yield EVERY, method, own


def page_of(readings: Sequence[Reading]) -> str:
    """A Markdown table: a row for each method, agreement (share of the area matched) by kind."""
    cells = {(m, k): rows for k, m, rows in _cells(readings)}
    kinds = list(dict.fromkeys(k for _, k in cells))
    head = f"| method | {' | '.join(kinds)} | {EVERY}, mean |\n|---|{'--:|' * (len(kinds) + 1)}"
    rows = []
    for method in dict.fromkeys(m for m, _ in cells):
        shown = ("{:.3f} ({:.2f})".format(*agreement(cells[method, k])) for k in kinds)
        mean = mean_agreement(cells[method, EVERY])
        rows.append(f"| {method} | {' | '.join(shown)} | {mean:.3f} |")
    note = "Agreement (share of the area matched), by area; mean: over the pairs."
    return "\n".join([note, "", head, *rows, ""])


def shortfalls(readings: Sequence[Reading], bar: float) -> tuple[str, ...]:
    """A sentence if the first method's agreement over all kinds misses the ``bar``."""
    method = readings[0].method
    share, _ = agreement(r for r in readings if r.method == method)
    return () if share >= bar else (f"{method}: agreement {share:.3f} is below {bar}",)
