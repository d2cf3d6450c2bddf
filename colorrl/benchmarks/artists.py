"""`colorrl bench suite=artists`: pages as artists have them, cut into their true areas?

Every method sees the picture as it comes. ``bled`` is the share of the true areas' pixels that lie
in a found region most of which belongs to another area.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from colorrl.benchmarks.artist_kinds import KINDS, LEVELS, Pixels, case
from colorrl.benchmarks.artist_tables import Reading, figures, page
from colorrl.benchmarks.peers import connected, gmic_smart
from colorrl.benchmarks.report import Report
from colorrl.errors import UserError
from colorrl.images.clean import line_art
from colorrl.images.image import strokes
from colorrl.pages.judging import judged_regions
from colorrl.parallel import parallel_map
from colorrl.regions.graph import Labels
from colorrl.regions.segment import part

# labels (H, W) that own every pixel, and the kinds of the notes
Found = tuple[Labels, frozenset[str]]
Method = Callable[[Pixels], Found]
SMALLEST = 25  # pixels: smaller regions are not counted
MIDDLE = 2  # the level at which the bars hold


@dataclass(frozen=True, slots=True)
class ArtistSuite:
    """The benchmark; call it to run it."""

    name: str
    kinds: list[str]
    drawings: int  # of each kind and level
    size: int  # pixels along each side
    methods: Mapping[str, Method]
    only: list[str] | None  # methods to run; None = all
    max_bled: float  # bars of `ours` at the middle level: share bled,
    max_per_area: float  # and regions an area
    seed: int
    limit: int | None  # drawings of each kind and level
    workers: int

    def __call__(self) -> Report:
        for kind in self.kinds:
            if kind not in KINDS:
                raise UserError(f"kinds: {kind} is none of {', '.join(KINDS)}", 2)
        n = self.drawings if self.limit is None else min(self.limit, self.drawings)
        jobs = [(k, level, i) for k in self.kinds for level in range(LEVELS) for i in range(n)]
        methods, missing = self._there()
        some = parallel_map(
            partial(measure, suite=self, methods=methods), jobs, self.workers, "artists", "drawing"
        )
        readings = [reading for made in some for reading in made]
        values = figures(readings, self.seed)
        return Report(values, page(readings, self.seed, missing), tuple(self._short(values)))

    def _there(self) -> tuple[dict[str, Method], list[str]]:
        """The methods that run here, and those whose program is not installed."""
        blank = np.full((32, 32, 1), 255, np.uint8)
        blank[16] = 0
        there: dict[str, Method] = {}
        names = list(self.methods if self.only is None else self.only)
        for name in names:
            if name not in self.methods:
                raise UserError(f"methods={name} is none of {', '.join(self.methods)}", 2)
            try:
                self.methods[name](blank)
            except FileNotFoundError:
                continue
            there[name] = self.methods[name]
        return there, [name for name in names if name not in there]

    def _short(self, values: Mapping[str, float]) -> list[str]:
        """Where ``ours`` misses a bar at the middle level without a note that says so."""
        short = []
        for kind in self.kinds:
            start = f"bench/{kind}_{MIDDLE}/ours"
            if f"{start}/bled" not in values or values[f"{start}/noted"] == 1:
                continue
            if values[f"{start}/bled"] > self.max_bled:
                short.append(f"{kind}: {values[f'{start}/bled']:.1%} bled")
            if values[f"{start}/per_area"] > self.max_per_area:
                short.append(f"{kind}: {values[f'{start}/per_area']:.2f} regions an area")
        return short


def measure(
    job: tuple[str, int, int], suite: ArtistSuite, methods: Mapping[str, Method]
) -> list[Reading]:
    """Every method on one drawing."""
    kind, level, number = job
    made = case(kind, level, suite.seed + 1_000_000 + number, suite.size)
    readings = []
    for name, method in methods.items():
        label, notes = method(made.picture)
        bled, n_found, n_true = compared(made.truth, label)
        right = bool(notes & made.expected) if made.expected else not notes
        readings.append(
            Reading(
                kind, level, name, bled, n_found, n_true, bool(notes), bool(made.expected), right
            )
        )
    return readings


def compared(truth: Labels, found: Labels) -> tuple[float, int, int]:
    """Share bled, regions found and true areas, those over SMALLEST px."""
    inside = truth > 0
    a, b = truth[inside].astype(np.int64), found[inside].astype(np.int64)
    n = int(b.max(initial=0)) + 1
    key, count = np.unique(a * n + b, return_counts=True)
    region = key % n
    most = np.zeros(n, np.int64)
    np.maximum.at(most, region, count)
    bled = 1 - most.sum() / max(1, len(a))
    size = np.bincount(b, minlength=n)
    true = np.bincount(a)
    return float(bled), int((size > SMALLEST).sum()), int((true > SMALLEST).sum())


def ours(picture: Pixels) -> Found:
    """As pages are read before they are coloured."""
    read = line_art(picture)
    regions = part(read.ink)
    notes = [*read.notes, *judged_regions(regions, read.ink < 0.5)]
    return regions.region_index.numpy(), frozenset(note.kind for note in notes)


def plain(picture: Pixels) -> Found:
    """Connected components of what is light: what a bucket tool fills."""
    return connected(strokes(picture)), frozenset()


def gmic(picture: Pixels) -> Found:
    """G'MIC's smart colouring. Raises FileNotFoundError without the program."""
    return gmic_smart(strokes(picture)), frozenset()
