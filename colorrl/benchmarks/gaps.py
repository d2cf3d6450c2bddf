"""`colorrl bench suite=gaps`: is a drawing cut into its true regions when its lines have gaps?

Every method sees the same line art. The truth are the regions of the same drawing before gaps
were cut and hatches drawn. Pixels that are ink there are not counted: neither those still under
ink nor those that a gap laid open.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from colorrl.benchmarks.drawings import Name, Split, Subject, load, names, spaced
from colorrl.benchmarks.gap_tables import Reading, figures, page
from colorrl.benchmarks.partition import agreement
from colorrl.benchmarks.report import Report
from colorrl.config.typed import near_miss
from colorrl.data.procedural.inking import Style, ink_strokes
from colorrl.data.procedural.strokes import Line
from colorrl.errors import UserError
from colorrl.parallel import parallel_map
from colorrl.regions.graph import Labels
from colorrl.seeding import seed_of

Method = Callable[[Line], Labels]


@dataclass(frozen=True, slots=True)
class Condition:
    """How which drawings are inked."""

    table: str  # heading under which its figures stand
    style: Style
    every: int  # takes one in so many drawings
    open: bool  # takes the naturally open drawings, as they are, instead of the closed ones


@dataclass(frozen=True, slots=True)
class GapSuite:
    """The benchmark with its methods and conditions; call it to run it."""

    name: str
    split: Split
    manifest: Path
    size: int  # pixels along each side
    openmoji: int  # drawings at most; open ones among them
    procedural: int  # drawings
    conditions: Mapping[str, Condition]
    methods: Mapping[str, Method]
    only: list[str] | None  # methods to run; None = all
    limit: int | None  # drawings, evenly spaced over both sources
    workers: int
    seed: int

    def __call__(self) -> Report:
        chosen = spaced(self._names(), self.limit)
        methods, skipped = available(self._methods())
        work = partial(measure, suite=self, methods=methods)
        places = list(enumerate(chosen))
        results = parallel_map(work, places, self.workers, "gaps", "drawing")
        readings = [reading for some in results for reading in some]
        if not readings:
            raise UserError(f"nothing to measure: limit={self.limit}, methods={list(methods)}")
        return Report(
            figures(readings, self.seed), page(readings, self.conditions, skipped, self.seed)
        )

    def _names(self) -> list[Name]:
        try:
            return names(Path(self.manifest), self.split, self.openmoji, self.procedural)
        except (OSError, ValueError) as fault:
            raise UserError(str(fault)) from fault

    def _methods(self) -> dict[str, Method]:
        wanted = self.methods if self.only is None else self.only
        for name in wanted:
            if name not in self.methods:
                listed = ", ".join(self.methods)
                hint = near_miss(name, self.methods)
                raise UserError(f"methods={name} is none of {listed}{hint}", exit_code=2)
        return {name: self.methods[name] for name in wanted}


def available(methods: Mapping[str, Method]) -> tuple[dict[str, Method], list[str]]:
    """The methods that run here, and the names of those whose program is not installed."""
    page = np.ones((32, 32), np.float32)
    page[16] = 0
    there: dict[str, Method] = {}
    for name, method in methods.items():
        try:
            method(page)
        except FileNotFoundError:
            continue
        there[name] = method
    return there, [name for name in methods if name not in there]


def measure(
    place: tuple[int, Name], suite: GapSuite, methods: Mapping[str, Method]
) -> list[Reading]:
    """Every method on one drawing under every condition that takes it."""
    number, name = place
    subject = load(name, suite.size)
    readings = []
    for title, condition in suite.conditions.items():
        if number % condition.every or condition.open != (subject.open is not None):
            continue
        drawn = inked(subject, condition.style, suite.seed)
        if drawn is not None:
            readings += [_reading(name, title, m, f, *drawn) for m, f in methods.items()]
    return readings


def inked(subject: Subject, style: Style, seed: int) -> tuple[Line, Labels] | None:
    """Line art and true regions, or None where the drawing has no room for all gaps.

    The gaps of a drawing lie at the same places at every length.
    """
    if subject.open is not None:
        return subject.open
    random = np.random.default_rng(seed_of(seed, *map(ord, subject.name.key)))
    drawn = ink_strokes(subject.strokes, style, random)
    return (drawn.line, drawn.label) if drawn.n_gaps == style.gaps else None


def _reading(
    name: Name, condition: str, title: str, method: Method, line: Line, truth: Labels
) -> Reading:
    start = _processor_seconds()
    found = method(line)
    ms = 1000 * (_processor_seconds() - start)
    return Reading(name.source, name.key, condition, title, agreement(truth, found), ms)


def _processor_seconds() -> float:
    """Of this process, and of the programs it has waited for: other jobs share the machine."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
