"""The truth spoiled step by step: each step must score below the one before it.

Every corruption is ``(sketch, level, generator) -> image`` (N, 3, H, W), sRGB in [0, 1], for paired
sketches. At one seed a higher level spoils what a lower one did, and more. Lengths are pixels at
the size that is audited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d

from colorrl.rewards.cheats.given import (
    flats_of,
    other_entries,
    painted_regions,
    region_colors,
)
from colorrl.rewards.cheats.pixels import blurred
from colorrl.rewards.reading import paint
from colorrl.types import SketchBatch

EYE = 1 / 100  # of the page: an eye in a drawing of a whole figure
UNDER_LINES = 4  # pixels: how far paint creeps along under the ink before it comes out


@dataclass(frozen=True, slots=True)
class Series:
    """A corruption and the levels it is audited at, mildest first."""

    spoil: Callable[[SketchBatch, float, torch.Generator], Tensor]
    levels: tuple[float, ...]
    unit: str


def wrong_eye(sketch: SketchBatch, level: float, generator: torch.Generator) -> Tensor:
    """The ``level`` regions nearest to an eye's size in another palette colour."""
    size = sketch.regions.area.clamp(min=1e-3) / sketch.line[0].numel()
    unlike = (size / EYE).log().abs().masked_fill(~painted_regions(sketch), torch.inf)
    return _recolored(sketch, unlike.argsort(1).argsort(1) < level, generator)


def wrong_regions(sketch: SketchBatch, level: float, generator: torch.Generator) -> Tensor:
    """A share ``level`` of the regions, at least one, in other palette colours."""
    inside = painted_regions(sketch)
    luck = torch.rand(inside.shape, generator=generator).to(inside.device)
    place = luck.masked_fill(~inside, 2.0).argsort(1).argsort(1)
    count = (level * inside.sum(1, keepdim=True)).ceil()
    return _recolored(sketch, (place < count) & inside, generator)


def swapped(sketch: SketchBatch, level: float, generator: torch.Generator) -> Tensor:
    """The two regions whose true colours differ most swap them. There is one level."""
    colors, inside = region_colors(sketch), painted_regions(sketch)
    away = (colors.unsqueeze(1) - colors.unsqueeze(2)).square().sum(3)
    away = away.masked_fill(~(inside.unsqueeze(1) & inside.unsqueeze(2)), -1)
    pair = away.flatten(1).argmax(1)
    row, n = torch.arange(len(sketch)), inside.shape[1]
    i, j = pair // n, pair % n
    exchanged = colors.clone()
    exchanged[row, i], exchanged[row, j] = colors[row, j], colors[row, i]
    return paint(exchanged, sketch.regions.region_index)


def halo(sketch: SketchBatch, level: float, generator: torch.Generator) -> Tensor:
    """White within ``level`` pixels of the ink, as a timid flood fill leaves it."""
    ink = (sketch.regions.label.unsqueeze(1) == 0).float()
    return torch.where(_grown(ink, int(level)) > 0, 1.0, flats_of(sketch))


def bleed(sketch: SketchBatch, level: float, generator: torch.Generator) -> Tensor:
    """The background's colour, under the line and ``level`` pixels into the drawing."""
    flats, regions = flats_of(sketch), sketch.regions
    background = regions.background.view(-1, 1, 1, 1)
    wet = (regions.region_index.unsqueeze(1) == background).float()
    ink = (regions.label.unsqueeze(1) == 0).float()
    for _ in range(UNDER_LINES):
        wet = wet.maximum(_grown(wet, 1) * ink)
    color = region_colors(sketch)[torch.arange(len(sketch)), regions.background]
    return torch.where(_grown(wet, int(level)) > 0, color[:, :, None, None], flats)


def coarse(sketch: SketchBatch, level: float, generator: torch.Generator) -> Tensor:
    """The truth at a ``level``-th of its resolution."""
    cell = int(level)
    small = avg_pool2d(flats_of(sketch), cell)
    return small.repeat_interleave(cell, 2).repeat_interleave(cell, 3)


def washed_out(sketch: SketchBatch, level: float, generator: torch.Generator) -> Tensor:
    """The truth moved by the share ``level`` of the way to white."""
    flats = flats_of(sketch)
    return flats + level * (1 - flats)


def blur(sketch: SketchBatch, level: float, generator: torch.Generator) -> Tensor:
    """The truth under a Gaussian of ``level`` pixels."""
    return blurred(flats_of(sketch), level)


def shift(sketch: SketchBatch, level: float, generator: torch.Generator) -> Tensor:
    """The truth moved right by ``level`` pixels."""
    return flats_of(sketch).roll(int(level), dims=3)


def noise(sketch: SketchBatch, level: float, generator: torch.Generator) -> Tensor:
    """The truth under independent noise of sd ``level`` of 255."""
    flats = flats_of(sketch)
    drawn = torch.randn(flats.shape, generator=generator).to(flats.device)
    return (flats + level / 255 * drawn).clamp(0, 1)


# One color a region, under its ink too.
FLAT: dict[str, Series] = {
    "wrong_eye": Series(wrong_eye, (1,), "regions"),
    "swapped": Series(swapped, (1,), "pair"),
    "wrong_regions": Series(wrong_regions, (0.1, 0.25, 0.5, 1.0), "of the regions"),
    "washed_out": Series(washed_out, (0.1, 0.2, 0.4), "to white"),
}
CORRUPTIONS: dict[str, Series] = FLAT | {
    "halo": Series(halo, (1, 2, 4), "px"),
    "bleed": Series(bleed, (1, 2, 4), "px"),
    "coarse": Series(coarse, (2, 4, 8), "times"),
    "blur": Series(blur, (0.5, 1, 2, 4), "px"),
    "shift": Series(shift, (1, 2, 4, 8), "px"),
    "noise": Series(noise, (4, 8, 16, 32), "of 255"),
}


def _recolored(sketch: SketchBatch, chosen: Tensor, generator: torch.Generator) -> Tensor:
    """The truth with the ``chosen`` regions (N, R+1) in other palette colours."""
    colors = region_colors(sketch)
    other = other_entries(sketch, colors, generator)
    return paint(torch.where(chosen.unsqueeze(2), other, colors), sketch.regions.region_index)


def _grown(mask: Tensor, by: int) -> Tensor:
    """``mask`` (N, 1, H, W) in {0, 1} and what lies within ``by`` pixels of it."""
    return max_pool2d(mask, 2 * by + 1, 1, by)
