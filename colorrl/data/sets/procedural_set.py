"""Procedural drawings as a set: a range of seeds, each with a line of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from colorrl.data.preparation.manifest import SPLITS
from colorrl.data.procedural.procedural import Style, draw
from colorrl.data.source import Drawing, Rendering
from colorrl.seeding import seed_of

# raise when the same seed gives another drawing
VERSION = 2
# Drawn this many times as large as wanted, then averaged: as a scan is.
OVERSAMPLING = 2
# of a drawing that has gaps, where it has room for so many
GAPS = 5


@dataclass(frozen=True, slots=True)
class Procedural:
    """The set as a `Source`: how many seeds go to each split, and how they are inked.

    Widths and gaps are in pixels of a page of 512.
    """

    train: int
    held_out: int  # to val, and as many to test
    widths: tuple[float, float]  # of the lines, from and to
    gapped: float  # share of the drawings with gaps
    max_gap: float
    hatched: float  # share of the drawings that are hatched in places
    aliased: float  # share of the drawings without antialiasing

    @property
    def origin(self) -> str:
        return f"procedural {VERSION} {self}"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """One drawing a seed, named by it; each split has a range of its own."""
        n = {"train": self.train, "val": self.held_out, "test": self.held_out}
        spans = [(split, i) for split in SPLITS for i in range(n[split])]
        ids = [f"{split}-{seed_of(seed, k, i):016x}" for k, (split, i) in enumerate(spans)]
        return [Drawing(i, i, split) for i, (split, _) in zip(ids, spans, strict=True)]

    def render(self, id: str, size: int) -> Rendering | str:
        """The drawing of the seed that ``id`` ends with. Its regions are exact, gaps or not."""
        seed = int(id.rpartition("-")[2], 16)
        side = OVERSAMPLING * size
        drawing = draw(seed, side, self._style(seed, side))
        return Rendering(
            line=np.rint(drawing.line * 255).astype(np.uint8),
            fill=drawing.flats,
            paints=tuple((int(r), int(g), int(b)) for r, g, b in drawing.palette),
            label=drawing.label,
        )

    def _style(self, seed: int, size: int) -> Style:
        chance = np.random.default_rng(seed_of(seed, 2))
        gapped, hatched, aliased, taper = chance.random(4) < (
            (self.gapped, self.hatched, self.aliased, 0.5)
        )
        px = size / 512
        gap = px * chance.uniform(0.25, 1.0) * self.max_gap if gapped else 0.0
        return Style(
            width=px * chance.uniform(*self.widths),
            jitter=chance.uniform(0.0, 0.25),
            antialias=not aliased,
            hatching=0.2 if hatched else 0.0,
            gap=gap,
            gaps=GAPS if gapped else 0,
            longest=gap,
            taper=bool(taper),
        )
