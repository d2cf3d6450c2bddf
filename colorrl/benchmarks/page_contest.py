"""Pages of one size: G'MIC's smart colouring against ours, in processor time and in regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from colorrl.benchmarks.footprint import children_s
from colorrl.benchmarks.partition import agreement
from colorrl.benchmarks.peers import gmic_smart, ours
from colorrl.data.procedural.inking import Inked
from colorrl.data.procedural.strokes import Line
from colorrl.regions.graph import Labels


@dataclass(frozen=True, slots=True)
class Contest:
    """Processor seconds of one thread and adapted Rand errors (0 = the true regions), by page."""

    ours_s: float  # a page in a batch: read, segmented, coloured, flats and composite written
    start_s: float  # what the command costs before its first page
    ours_are: list[float]
    gmic_s: list[float]  # empty = G'MIC is not installed
    gmic_are: list[float]


def errors(pages: Sequence[Inked]) -> list[float]:
    """The adapted Rand error of our regions, by page."""
    return [_error(drawn, ours) for drawn in pages]


def of_gmic(pages: Sequence[Inked]) -> tuple[list[float], list[float]]:
    """Processor seconds of the program and its adapted Rand error, by page; empty without it."""
    seconds, error = [], []
    for drawn in tqdm(pages, desc="G'MIC", unit="page"):
        start = children_s()
        try:
            error.append(_error(drawn, gmic_smart))
        except FileNotFoundError:
            return [], []
        seconds.append(children_s() - start)
    return seconds, error


def _error(drawn: Inked, method: Callable[[Line], Labels]) -> float:
    # as a file holds it: at 8 bits
    line = np.rint(drawn.line * 255).astype(np.float32) / np.float32(255)
    return agreement(drawn.label, method(line)).are
