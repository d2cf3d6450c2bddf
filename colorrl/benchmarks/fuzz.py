"""`colorrl bench suite=fuzz`: whatever comes in, a RegionMap, a Palette or a clear error comes out.

Pictures go the way that users' files go: read, then segmented. Each input has a time limit and
its process a memory limit; one that dies takes no other with it.
"""

from __future__ import annotations

import logging
import resource
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorrl.benchmarks.fuzz_checks import flaw
from colorrl.benchmarks.fuzz_inputs import build, plan
from colorrl.benchmarks.fuzz_tables import BAD, Outcome, figures, page
from colorrl.benchmarks.report import Report
from colorrl.benchmarks.supervised import Lost, supervised_map
from colorrl.errors import UserError
from colorrl.images.folder import read_line
from colorrl.palette import Palette, palette_from
from colorrl.parallel import one_thread
from colorrl.regions.segment import segment
from colorrl.spaced import spaced
from colorrl.types import RegionMap


@dataclass(frozen=True, slots=True)
class FuzzSuite:
    """The suite; call it to run it."""

    name: str
    inputs: int
    numbers: list[int] | None  # run these inputs alone
    timeout_s: float  # for each input
    memory_gb: float  # that a process may take
    limit: int | None  # inputs, evenly spaced over all
    workers: int
    seed: int

    def __call__(self) -> Report:
        outcomes = self._run(self._chosen())
        worst = [o for o in outcomes if o.result in BAD]
        failures = (f"{len(worst)} of {len(outcomes)} inputs failed",) if worst else ()
        return Report(figures(outcomes), page(outcomes, self.seed), failures)

    def _chosen(self) -> list[int]:
        if self.numbers is not None:
            return self.numbers
        if self.limit is not None and self.limit < 1:
            raise UserError(f"limit={self.limit}: give 1 or more, or null for all")
        return spaced(range(self.inputs), self.limit)

    def _run(self, numbers: list[int]) -> list[Outcome]:
        ends = supervised_map(
            partial(examine, self.seed),
            numbers,
            workers=self.workers,
            timeout_s=self.timeout_s,
            memory_gb=self.memory_gb,
            title="fuzz",
        )
        return [
            Outcome(number, end.result, end.said) if isinstance(end, Lost) else end
            for number, end in zip(numbers, ends, strict=True)
        ]


def examine(seed: int, number: int) -> Outcome:
    """Make input ``number`` and see what comes of it."""
    one_thread()
    planned, random = plan(seed, number)
    with tempfile.TemporaryDirectory() as folder:
        try:
            source = build(planned, random, Path(folder))
        except Exception as fault:  # an input that cannot be made: the suite's own fault
            return Outcome(number, "exception", _described(fault))
        start = time.monotonic()
        with _quietly():
            result, said = _outcome(source, planned.what)
        seconds = time.monotonic() - start
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kB on Linux
    return Outcome(number, result, said, seconds, peak_kb / 1024)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what decoders say of damage: thousands of lines."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _outcome(source: Path | NDArray[np.generic], what: str) -> tuple[str, str]:
    try:
        found = _answer(source, what)
    except (UserError, ValueError) as error:
        said = str(error)
        clear = len(said) > 10 and (not isinstance(source, Path) or str(source) in said)
        return "clear error" if clear else "unclear error", said
    except Exception as fault:
        return "exception", _described(fault)
    wrong = flaw(found)
    return ("flawed", wrong) if wrong else ("result", "")


def _answer(source: Path | NDArray[np.generic], what: str) -> RegionMap | Palette:
    if what == "palette":
        return palette_from(str(source))
    return segment(read_line(source) if isinstance(source, Path) else source)  # type: ignore[arg-type]


def _described(fault: Exception) -> str:
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__}: {fault} ({place.filename}:{place.lineno})"
