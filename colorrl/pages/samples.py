"""Samples of one page: the colours they give its regions, what they agree on, how sure that is.

A page gets what `VOTERS` samples agree on, region by region. With several colourings (``samples=``)
each is one sample, and further samples give its confidence: the share of them that agree. Agreement
within a region of one sample means nothing, because the generator pools by region. Without a
palette each sample would invent one, and none would agree: further samples are then conditioned on
the colours, with their shares, of the colouring in question. A colour that looks like one of the
palette becomes that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.data.batch import collate
from colorrl.pages.page import Page, conditioned_on, region_colors
from colorrl.pages.vote import AGREE, agreement, most_agreed
from colorrl.palette import nearest
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch

# samples that vote on a page's colours, its own among them
VOTERS = 8


class Generator(Protocol):
    """What samples flats. ``size``: side of its square images in pixels."""

    @property
    def size(self) -> int: ...

    def sample(self, sketch: SketchBatch, seeds: Tensor, n_steps: int | None = None) -> Tensor:
        """Flats (N, 3, size, size) sRGB in [0, 1]."""
        ...

    def to(self, device: torch.device) -> Any:
        """Itself, on ``device``."""
        ...


@dataclass(frozen=True, slots=True)
class Draws:
    """Samples by number: a number, the seed and what a page shows decide one."""

    generator: Generator
    device: torch.device
    seed: int
    n_steps: int | None  # None = the generator's own
    only: Tensor | None = None  # (K, 3) sRGB: no other colour may appear

    def images(self, page: Page, first: int, end: int, *, alone: bool = False) -> Tensor:
        """(N, 3, S, S) the samples ``first`` to ``end`` of ``page``.

        ``alone``: one by one, for batches round otherwise, and alternatives must not depend on how
        many there are. Those that vote are as many for every page.
        """
        # by content, not by name or place: a renamed page keeps its colours
        content = int(page.regions.sha[:15], 16)
        numbers = ((draw,) if draw else () for draw in range(first, end))
        seeds = torch.tensor([seed_of(self.seed, content, *number) for number in numbers])
        batch = collate([page.sketch]).to(self.device)
        parts = seeds.split(1 if alone else len(seeds))
        return torch.cat(
            [self.generator.sample(batch.repeat(len(part)), part, self.n_steps) for part in parts]
        ).cpu()

    def colors(self, page: Page, first: int, end: int) -> Tensor:
        """(N, R+1, 3) what the samples ``first`` to ``end`` of ``page`` give its regions."""
        if first == end:
            return torch.zeros(0, page.regions.n_regions + 1, 3)
        images = self.images(page, first, end)
        return self.allowed(torch.stack([region_colors(page, image) for image in images]))

    def allowed(self, colors: Tensor) -> Tensor:
        """``colors`` (..., 3), or the nearest to each of those that alone may appear."""
        if self.only is None:
            return colors
        return self.only[nearest(colors.flatten(0, -2), self.only)].view_as(colors)


def settled(
    page: Page, colorings: Tensor, bare: NDArray[np.bool_], draws: Draws, *, sure: bool
) -> tuple[Tensor, list[NDArray[np.float32]]]:
    """What ``colorings`` (N, R+1, 3) come to, and how sure each region is, (R+1,) each.

    One is put to the vote, which says how sure it is. Several stay the samples they are; unless
    ``sure``, which takes more of them, NaN. ``bare`` (R+1,): what stays paper.
    """
    if len(colorings) == 1:
        colors, one = most_agreed(ballots(page, colorings, bare, draws))
        colorings, confidence = colors[None], [one.numpy()]
    elif sure:
        confidence = sureness(page, colorings, bare, draws)
    else:
        confidence = [np.full(colorings.shape[1], np.nan, np.float32)] * len(colorings)
    return torch.stack([joined(page, colors, bare) for colors in colorings]), confidence


def ballots(page: Page, colorings: Tensor, bare: NDArray[np.bool_], draws: Draws) -> Tensor:
    """(VOTERS, R+1, 3) the colouring ``colorings`` (1, R+1, 3) and what further samples say."""
    return torch.cat([colorings, *_further(page, colorings, bare, draws)])


def joined(page: Page, colors: Tensor, bare: NDArray[np.bool_]) -> Tensor:
    """``colors`` (R+1, 3) with those that look like one of the palette replaced by it.

    The palette is the page's, or without one what `conditioned_on` makes of ``colors``: else a
    drawing would have a layer for each shade of one colour.
    """
    sketch = (page if _has_palette(page) else conditioned_on(page, colors, bare)).sketch
    if sketch.palette is None or sketch.share is None or not bool((sketch.share > 0).any()):
        return colors
    palette = sketch.palette[sketch.share > 0]
    near = palette[nearest(colors, palette)]
    off = delta_e_2000(srgb_to_lab(colors, -1), srgb_to_lab(near, -1))
    return torch.where((off <= AGREE)[:, None], near, colors)


def sureness(
    page: Page, colorings: Tensor, bare: NDArray[np.bool_], draws: Draws
) -> list[NDArray[np.float32]]:
    """How sure each of several ``colorings`` (N, R+1, 3) is of each region, (R+1,) each."""
    further = _further(page, colorings, bare, draws)
    if _has_palette(page):
        ballots = torch.cat([colorings, *further])
        return [agreement(ballots, i).numpy() for i in range(len(colorings))]
    pairs = zip(colorings, further, strict=True)
    return [agreement(torch.cat([colors[None], said]), 0).numpy() for colors, said in pairs]


def _further(page: Page, colorings: Tensor, bare: NDArray[np.bool_], draws: Draws) -> list[Tensor]:
    """What further samples say: of all colourings ``colorings``, or without a palette of each."""
    n = len(colorings)
    if _has_palette(page):
        return [draws.colors(page, n, max(n, VOTERS))]
    return [
        draws.colors(conditioned_on(page, colors, bare), n, n + VOTERS - 1) for colors in colorings
    ]


def _has_palette(page: Page) -> bool:
    return page.sketch.share is not None and bool((page.sketch.share > 0).any())
