"""Procedural drawings: people and creatures whose regions are known exactly.

A drawing is a function of its seed and style. At any style a seed shows the same subject.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorrl.data.procedural.figures.beast import beast
from colorrl.data.procedural.figures.bird import bird
from colorrl.data.procedural.figures.canvas import Canvas
from colorrl.data.procedural.figures.curves import turned
from colorrl.data.procedural.figures.fish import fish
from colorrl.data.procedural.figures.paints import paints
from colorrl.data.procedural.figures.part import Part
from colorrl.data.procedural.figures.person import figure, portrait
from colorrl.data.procedural.inking import Style, ink_strokes
from colorrl.data.procedural.strokes import Line, Strokes, owners
from colorrl.regions.graph import Labels
from colorrl.seeding import seed_of

# four people to three creatures
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
class Outlines:
    """A drawing before it is inked."""

    strokes: Strokes  # (H, W) relative widths, 1 = full
    part: NDArray[np.int32]  # (H, W) part that owns each pixel, 0 = the page
    color: NDArray[np.uint8]  # (P, 4) RGBA of each part; the page is transparent white


@dataclass(frozen=True, slots=True)
class Drawing:
    """An inked drawing with what is known of it."""

    line: Line  # (H, W) float32 in [0, 1], 1 = paper
    label: Labels  # (H, W) int32 true regions, 1..R; 0 = ink of the drawing without its gaps
    flats: NDArray[np.uint8]  # (H, W, 4) RGBA, each region its colour, ink its nearest region's
    palette: NDArray[np.uint8]  # (K, 3) the distinct colours of painted regions, sorted


def draw(seed: int, size: int, style: Style) -> Drawing:
    """The drawing of ``seed`` on a page of ``size`` px along each side."""
    outlines = sketch(seed, size)
    inked = ink_strokes(outlines.strokes, style, np.random.default_rng(seed_of(seed, 1)))
    color = _region_colors(inked.label, outlines)
    painted = color[1:][color[1:, 3] > 0, :3]
    return Drawing(inked.line, inked.label, color[owners(inked.label)], np.unique(painted, axis=0))


def sketch(seed: int, size: int) -> Outlines:
    """What the drawing of ``seed`` shows, on a page of ``size`` px."""
    random = np.random.default_rng(seed_of(seed, 0))
    parts = SUBJECTS[random.integers(len(SUBJECTS))](random)
    canvas = Canvas(size)
    for part in _posed(parts, random):
        canvas.paint(part, random)
    return Outlines(canvas.strokes, canvas.part, paints(canvas.materials, random))


def _posed(parts: Sequence[Part], random: np.random.Generator) -> list[Part]:
    """``parts`` turned, scaled and mirrored as one."""
    angle, scale = random.normal(0, 0.06), random.uniform(0.88, 1.06)
    flip = np.array([random.choice([-1, 1]), 1])

    def move(curve: NDArray[np.float64]) -> NDArray[np.float64]:
        return turned((curve - 0.5) * flip, angle) * scale + 0.5

    return [
        Part(p.material, move(p.outline), p.clipped, [move(x) for x in p.lines], p.cells)
        for p in parts
    ]


def _region_colors(label: Labels, outlines: Outlines) -> NDArray[np.uint8]:
    """(R+1, 4) the colour of each region: that of the part most of it lies in; ink transparent."""
    n = len(outlines.color)
    n_regions = int(label.max())
    key = label.ravel().astype(np.int64) * n + outlines.part.ravel()
    part = np.bincount(key, minlength=(n_regions + 1) * n).reshape(-1, n).argmax(1)
    return np.where(np.arange(n_regions + 1)[:, None] > 0, outlines.color[part], 0)
