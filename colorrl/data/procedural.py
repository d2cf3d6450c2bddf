"""Procedural drawings: people and creatures whose regions are known exactly.

A drawing is a function of its seed alone: the geometry, and with the same seed the same places of
gaps at any width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorrl.data.figures.canvas import Canvas
from colorrl.data.figures.creature import beast, bird, fish
from colorrl.data.figures.curves import turned
from colorrl.data.figures.paints import paints
from colorrl.data.figures.part import Part
from colorrl.data.figures.person import figure, portrait
from colorrl.data.gap_cuts import find_sites, with_gaps
from colorrl.data.hatching import hatch
from colorrl.data.strokes import Line, Strokes, ink, owners, regions_of, with_width
from colorrl.regions.graph import Labels
from colorrl.seeding import seed_of

SUBJECTS: tuple[Callable[[np.random.Generator], list[Part]], ...] = (
    portrait,
    portrait,
    figure,
    figure,
    beast,
    bird,
    fish,
)


@dataclass(frozen=True, slots=True)
class Style:
    """How a drawing is inked. Lengths in pixels."""

    size: int = 512  # of the page along each side
    width: float = 3.0  # of the lines, 1 to 8
    jitter: float = 0.12  # standard deviation of the width, as a share of it
    antialias: bool = True
    hatching: float = 0.0  # share of the regions that are hatched
    gap: float = 0.0  # clear length of each gap
    gaps: int = 5  # at most
    taper: bool = False  # strokes thin towards a gap


@dataclass(frozen=True, slots=True)
class Outlines:
    """A drawing before it is inked."""

    strokes: Strokes  # (H, W) relative widths, 1 = full
    part: NDArray[np.int32]  # (H, W) part that owns each pixel, 0 = the page
    colour: NDArray[np.uint8]  # (P, 4) RGBA of each part; the page is transparent white


@dataclass(frozen=True, slots=True)
class Drawing:
    """An inked drawing with what is known of it."""

    line: Line  # (H, W) float32 in [0, 1], 1 = paper
    label: Labels  # (H, W) int32 true regions, 1..R; 0 = ink of the drawing without its gaps
    flats: NDArray[np.uint8]  # (H, W, 4) RGBA, each region its colour, ink its nearest region's
    palette: NDArray[np.uint8]  # (K, 3) the distinct colours of painted regions, sorted


def draw(seed: int, style: Style) -> Drawing:
    """The drawing of ``seed`` in ``style``."""
    outlines = sketch(seed, style.size)
    random = np.random.default_rng(seed_of(seed, 1))
    strokes = with_width(outlines.strokes, style.width, style.jitter, random)
    label = regions_of(ink(strokes, style.antialias))
    sites = find_sites(strokes, label, style.gaps, style.gap, random) if style.gap else []
    line = with_gaps(strokes, sites, style.gap, style.taper, style.antialias)
    if style.hatching:
        shade = ink(hatch(label, style.hatching, style.width, random), style.antialias)
        line = np.minimum(line, shade)
        label = np.where(shade > 0.5, label, 0).astype(np.int32)
    return Drawing(line, label, *_flats(label, outlines))


def sketch(seed: int, size: int) -> Outlines:
    """What the drawing of ``seed`` shows, on a page of ``size`` px."""
    random = np.random.default_rng(seed_of(seed, 0))
    parts = SUBJECTS[random.integers(len(SUBJECTS))](random)
    canvas = Canvas(size)
    for part in _posed(parts, random):
        canvas.paint(part, random)
    return Outlines(canvas.strokes, canvas.part, paints(canvas.materials, random))


def _posed(parts: Sequence[Part], random: np.random.Generator) -> list[Part]:
    """``parts`` turned, scaled and mirrored as one, each point a little off: drawn by hand."""
    angle, scale = random.normal(0, 0.06), random.uniform(0.88, 1.06)
    flip = (random.choice([-1, 1]), 1)

    def move(curve: NDArray[np.float64]) -> NDArray[np.float64]:
        return turned((curve - 0.5) * flip, angle) * scale + 0.5

    return [
        Part(p.material, move(p.outline), p.clipped, [move(x) for x in p.lines], p.cells)
        for p in parts
    ]


def _flats(label: Labels, outlines: Outlines) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Flats (H, W, 4) and palette (K, 3). A region lies in one part, up to what its line covers."""
    n = len(outlines.colour)
    votes = np.bincount(label.ravel().astype(np.int64) * n + outlines.part.ravel())
    votes = np.append(votes, np.zeros(-len(votes) % n, votes.dtype)).reshape(-1, n)
    colour = outlines.colour[votes.argmax(1)]
    painted = colour[1:][colour[1:, 3] > 0, :3]
    return colour[owners(label)], np.unique(painted, axis=0)
