"""One sketch coloured: regions at its full size, each in the colour the generator gives it.

The generator proposes colours at its own small size; each full-resolution region takes one of
them. Pages are sampled one at a time: a page's colours never depend on its neighbours.
Confidence is the share of further samples that agree: measured on held-out drawings it tells right
regions from wrong ones (area under the curve 0.78 with 8 samples, 0.67 with 2), while agreement
within a region of one sample tells nothing, because the generator pools by region. Without a
palette each sample would invent one, and none agree: further samples are told the colours, with
their shares, of the one that is asked about, and say which of them a region wears.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorrl.control.bare import notes_on_bare
from colorrl.control.given import Given, given, hint_planes
from colorrl.control.hints import Hints, read_hints
from colorrl.control.ranking import scored, with_given
from colorrl.data.batch import collate
from colorrl.data.folder import read_drawing
from colorrl.data.image import Drawing, luma, strokes
from colorrl.export.painted import Alternative, Painted, Pixels, Source, Swatch, as_bytes
from colorrl.page import Page, fit, owners, region_colours, region_confidence, told
from colorrl.palette import Palette, nearest
from colorrl.regions.segment import part
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.settings import Settings
from colorrl.types import Sketch, SketchBatch

NO_LINE = (
    "no line closes an area here; of a PSD or ORA, line_layer=NAME says which layer is the line"
)
# samples of a page: the first gives its colours, and how many agree with it the confidence
DRAWS = 8


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


def paint(
    source: Source,
    generator: Generator,
    settings: Settings,
    device: torch.device,
    *,
    sure: bool,
    hints: Sequence[Path] = (),
) -> Painted:
    """One sketch coloured. ``sure``: say how sure its colours are, at four times the sampling.

    ``hints``: its hint files. OSError or ValueError for a bad file.
    """
    drawing = read_drawing(source.path, source.line_layer)
    given_by_hand = read_hints(hints, drawing.shape) if hints else None
    return colour(source, drawing, generator, settings, device, sure=sure, hints=given_by_hand)


def colour(
    source: Source,
    drawing: Drawing,
    generator: Generator,
    settings: Settings,
    device: torch.device,
    *,
    sure: bool,
    hints: Hints | None,
) -> Painted:
    """``paint`` of a ``drawing`` that was read."""
    regions = part(strokes(drawing))
    line = luma(drawing)
    bound = given(line, regions, settings.control, hints)
    page = fit(line, regions, generator.size, settings.palette)
    hint = hint_planes(bound, page.sketch.regions.label, page.kept)
    page = replace(page, sketch=replace(page.sketch, hint=hint))
    images = drawn(page, generator, settings, device, 0, settings.samples, alone=True)
    scores = ranked(images, page.sketch, settings.reward)
    # the best first, of equal ones the first
    order = sorted(range(settings.samples), key=lambda i: -(scores[i] or 0.0))
    worn = torch.stack([region_colours(page, images[i]) for i in order])
    worn[:, bound.known] = torch.from_numpy(bound.colours[bound.known] / np.float32(255))
    confidence = sureness(page, worn, generator, settings, device) if sure else unknown(worn)
    alternatives = tuple(
        Alternative(finished(colours, bound, settings), under(sure_of, bound), scores[at])
        for colours, sure_of, at in zip(worn, confidence, order, strict=True)
    )
    generated = ~(bound.known | bound.bare)
    bare = notes_on_bare(regions, alternatives[0].colours, generated, bound.bubble)
    return Painted(
        source=source,
        line=drawing,
        owner=owners(regions, settings.trap),
        colours=alternatives[0].colours,
        bare=bound.bare,
        confidence=alternatives[0].confidence,
        palette=_listed(settings.palette),
        layers=settings.layers,
        by=bound.by,
        match=None if bound.matches is None else bound.matches.confidence,
        notes=(*bound.notes, *bare, *([NO_LINE] if regions.n_regions < 2 else [])),
        score=alternatives[0].score,
        alternatives=alternatives,
    )


def drawn(
    page: Page,
    generator: Generator,
    settings: Settings,
    device: torch.device,
    first: int,
    end: int,
    *,
    alone: bool = False,
) -> Tensor:
    """(N, 3, S, S) the samples ``first`` to ``end`` of ``page``.

    ``alone``: one by one, as what a page may wear: batches round otherwise, and its colours must
    not depend on how many there are.
    """
    # by content, not by name or place: a renamed page keeps its colours
    content = int(page.regions.sha[:15], 16)
    numbers = ((draw,) if draw else () for draw in range(first, end))
    seeds = torch.tensor([seed_of(settings.seed, content, *number) for number in numbers])
    batch = collate([page.sketch]).to(device)
    parts = seeds.split(1 if alone else len(seeds))
    return torch.cat(
        [generator.sample(batch.repeat(len(part)), part, settings.n_steps) for part in parts]
    ).cpu()


def ranked(images: Tensor, sketch: Sketch, reward: TotalReward | None) -> list[float | None]:
    """The reward of each of ``images`` (N, 3, S, S) as the page would wear it, None without one."""
    if reward is None:
        return [None] * len(images)
    return list(scored(with_given(images, sketch), sketch, reward).tolist())


def finished(colours: Tensor, bound: Given, settings: Settings) -> Pixels:
    """(R+1, 3) bytes: a sample's ``colours``, in the palette where asked, under what is given."""
    return np.where(
        bound.known[:, None], bound.colours, as_bytes(allowed(colours, settings).numpy())
    )


def sureness(
    page: Page, worn: Tensor, generator: Generator, settings: Settings, device: torch.device
) -> list[NDArray[np.float32]]:
    """How sure each of N colourings ``worn`` (N, R+1, 3) is of each region, (R+1,) each."""
    n = len(worn)
    if settings.palette is not None:
        more = further(page, generator, settings, device, n, max(n, DRAWS))
        draws = torch.cat([worn, more])
        return [region_confidence(draws, i) for i in range(n)]
    end = n + DRAWS - 1
    said = (further(told(page, c), generator, settings, device, n, end) for c in worn)
    return [region_confidence(torch.cat([c[None], s])) for c, s in zip(worn, said, strict=True)]


def further(
    page: Page,
    generator: Generator,
    settings: Settings,
    device: torch.device,
    first: int,
    end: int,
) -> Tensor:
    """(N, R+1, 3) what the samples ``first`` to ``end`` of ``page`` give its regions."""
    if first == end:
        return torch.zeros(0, page.regions.n_regions + 1, 3)
    images = drawn(page, generator, settings, device, first, end)
    return torch.stack([region_colours(page, image) for image in images])


def unknown(worn: Tensor) -> list[NDArray[np.float32]]:
    """``sureness`` where nobody asks for it."""
    return [np.full(worn.shape[1], np.nan, np.float32)] * len(worn)


def under(sure: NDArray[np.float32], bound: Given) -> NDArray[np.float32]:
    """(R+1,) ``sure`` under what is given."""
    return np.where(np.isnan(bound.confidence), sure, bound.confidence).astype(np.float32)


def allowed(colours: Tensor, settings: Settings) -> Tensor:
    """``colours`` (R+1, 3), or the nearest of the palette where nothing else may appear."""
    if settings.only_palette and settings.palette is not None:
        return settings.palette.colours[nearest(colours, settings.palette.colours)]
    return colours


def _listed(palette: Palette | None) -> tuple[Swatch, ...]:
    if palette is None:
        return ()
    colours = as_bytes(palette.colours.numpy()).tolist()
    return tuple(Swatch((r, g, b), n) for (r, g, b), n in zip(colours, palette.names, strict=True))
