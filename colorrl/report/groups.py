"""Runs of one experiment gathered over seeds, and their figures with spread."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import stats

from colorrl.config.compose import NOT_IDENTITY, NOT_IDENTITY_OF_PART
from colorrl.errors import UserError
from colorrl.run.folder import Curve, RunFolder


@dataclass(frozen=True)
class Group:
    label: str
    runs: tuple[RunFolder, ...]  # by seed

    @cached_property
    def finals(self) -> dict[int, dict[str, float]]:
        """Of each run, by seed, the final value of each metric (see final_values)."""
        return {run.seed: final_values(run) for run in self.runs}

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """The final figure of each metric over the seeds that have it."""
        names = dict.fromkeys(name for final in self.finals.values() for name in final)
        return {
            name: summarize([f[name] for f in self.finals.values() if name in f]) for name in names
        }


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric over seeds. ``std`` and ``ci95`` (half width, Student's t) are nan for one seed."""

    mean: float
    std: float
    ci95: float
    n: int


def gather(runs: Sequence[RunFolder]) -> list[Group]:
    """Groups by (name, config hash) in order of appearance, labelled by their differing keys."""
    found: dict[tuple[str, str], list[RunFolder]] = {}
    for run in runs:
        found.setdefault((run.name, run.config_hash), []).append(run)
    for members in found.values():
        _refuse_twice(members)
    differing = differences([members[0] for members in found.values()])
    names = [name for name, _ in found]
    groups = []
    for i, members in enumerate(found.values()):
        label = _label(members[0], {key: row[i] for key, row in differing.items()}, names)
        groups.append(Group(label, tuple(sorted(members, key=lambda run: run.seed))))
    return groups


def _refuse_twice(members: Sequence[RunFolder]) -> None:
    """Raises UserError for two runs of one seed, of which one would go unseen: such as one from
    before budgets left the hash."""
    seen: dict[int, RunFolder] = {}
    for run in members:
        if run.seed in seen:
            raise UserError(
                f"{seen[run.seed].path} and {run.path} are one configuration and seed: give one"
            )
        seen[run.seed] = run


def differences(runs: Sequence[RunFolder]) -> dict[str, list[str]]:
    """Dotted config keys whose values differ, with one value per run; '–' where it is absent."""
    flat = [dict(_flat(run.config)) for run in runs]
    keys = dict.fromkeys(key for config in flat for key in config)
    rows = {key: [config.get(key, "–") for config in flat] for key in keys}
    return {key: row for key, row in rows.items() if len(set(row)) > 1}


def summarize(values: Sequence[float]) -> Figure:
    """Mean, standard deviation (n - 1) and the half width of a 95 % interval of the mean."""
    n = len(values)
    if n < 2:
        return Figure(float(np.mean(values)), math.nan, math.nan, n)
    std = float(np.std(values, ddof=1))
    return Figure(float(np.mean(values)), std, half_width(std, n), n)


def half_width(std: Any, n: int) -> Any:
    """Of the 95 % interval of a mean of ``n`` values of deviation ``std``: Student's t."""
    return float(stats.t.ppf(0.975, n - 1)) * std / math.sqrt(n)


def paired(group: Group, other: Group, metric: str) -> Figure | None:
    """``group`` minus ``other`` over the seeds both have; None where they share fewer than two."""
    pairs = [
        (group.finals[seed], other.finals[seed])
        for seed in group.finals.keys() & other.finals.keys()
    ]
    steps = [a[metric] - b[metric] for a, b in pairs if metric in a and metric in b]
    return summarize(steps) if len(steps) > 1 else None


def final_values(run: RunFolder) -> dict[str, float]:
    """result.json's figures; for the rest the curve's mean over the last tenth of the images.

    ``X_after`` of a training run's result is its final ``X``.
    """
    last = {k: _tail(c) for k, c in run.curves.items() if k not in ("step", "seconds")}
    measured = {
        name: float(value)
        for name, value in run.result.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name != "seed"
    }
    after = {k.removesuffix("_after"): v for k, v in measured.items() if k.endswith("_after")}
    return last | after | measured


def _tail(curve: Curve) -> float:
    """One training batch is noisy, so a tenth of the way is averaged: at least the last row."""
    images, values = np.asarray(curve[0]), np.asarray(curve[1])
    return float(values[images >= 0.9 * images[-1]].mean())


def _label(run: RunFolder, differing: Mapping[str, str], names: list[str]) -> str:
    if names.count(run.name) == 1:
        return run.name
    labels = [f"{key.rsplit('.', 1)[-1]}={value}" for key, value in differing.items()]
    short = f"{run.name} {' '.join(labels)}"
    return short if labels and len(short) <= 40 else f"{run.name} {run.config_hash}"


def _flat(node: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if not prefix and (key in NOT_IDENTITY or key == "name"):
            continue
        if key in NOT_IDENTITY_OF_PART.get(prefix.rstrip("."), ()):
            continue
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", "null" if value is None else str(value)
