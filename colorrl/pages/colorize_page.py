"""One sketch coloured: regions at its full size, each in the colour the generator gives it.

The generator proposes colours at its own small size; each full-resolution region takes one of
them. Pages are sampled one at a time: a page's colours never depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorrl.export.painted import Alternative, Painted, Pixels, Source, Swatch, as_bytes
from colorrl.images.clean import LineArt, line_art
from colorrl.images.folder import read_drawing
from colorrl.images.image import Drawing
from colorrl.images.notes import Note
from colorrl.pages.constraints.bare import notes_on_bare
from colorrl.pages.constraints.given import Given, given
from colorrl.pages.constraints.hints import Hints, read_hints
from colorrl.pages.judging import judged
from colorrl.pages.kept import partition_of
from colorrl.pages.page import owners
from colorrl.pages.panels import views
from colorrl.pages.samples import Draws, Generator
from colorrl.pages.settings import Settings
from colorrl.pages.view import View
from colorrl.pages.views import colors_by_view
from colorrl.palette import Palette
from colorrl.regions.segment import part
from colorrl.types import Partition

NO_LINE = "no line closes an area here"
DARK = "; most of the page is dark: line art is dark lines on light paper, invert it"
LAYERED = "; line_layer=NAME says which layer is the line"


@dataclass(frozen=True, slots=True)
class PageJob:
    """A page and who colours it how: what every step from the file to its colours is given."""

    source: Source
    generator: Generator
    settings: Settings
    device: torch.device
    sure: bool = True  # say of several samples, too, how sure their colours are


def paint(
    job: PageJob, hints: Sequence[Path] = (), ids: NDArray[np.int32] | None = None
) -> Painted:
    """The page of ``job``, read from its file and coloured.

    ``hints``: its hint files. ``ids`` (H, W): its regions, None = those of its lines. OSError or
    ValueError for a bad file.
    """
    drawing = read_drawing(job.source.path, job.source.line_layer)
    given_by_hand = read_hints(hints, drawing.shape) if hints else None
    regions = None if ids is None else partition_of(line_art(drawing, job.settings.drop_blue), ids)
    return color(job, drawing, given_by_hand, regions)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A drawing with all that is known of it before anything is sampled."""

    art: LineArt
    view: View
    draws: Draws


def prepare(
    job: PageJob, drawing: Drawing, hints: Hints | None, regions: Partition | None = None
) -> Prepared:
    """``drawing`` as the generator is to see it. ``regions`` None: those of its lines."""
    settings = job.settings
    art = line_art(drawing, settings.drop_blue)
    regions = part(art.ink, settings.gap) if regions is None else regions
    line = art.line
    bound = given(line, regions, settings.control, hints)
    draws = Draws(job.generator, job.device, settings.seed, settings.n_steps, settings.only)
    return Prepared(art, View(line, regions, np.arange(regions.n_regions + 1), bound), draws)


def color(
    job: PageJob, drawing: Drawing, hints: Hints | None, regions: Partition | None = None
) -> Painted:
    """``paint`` of a ``drawing`` that was read. ``regions`` None: those of its lines."""
    settings, ready = job.settings, prepare(job, drawing, hints, regions)
    art, regions, bound = ready.art, ready.view.regions, ready.view.bound
    boxes = views(regions.region_index.numpy(), (np.array(bound.by) == "paper") & ~bound.bubble)
    made = colors_by_view(ready.view, boxes, settings, ready.draws, sure=job.sure)
    del ready  # the line in floats
    alternatives = tuple(
        Alternative(finished(colors, bound), under(sure_of, bound), score)
        for colors, sure_of, score in zip(made.colors, made.confidence, made.scores, strict=True)
    )
    page = Painted(
        source=job.source,
        line=art.shown,
        original=art.original,
        tone=art.tone,
        drop_blue=settings.drop_blue,
        trace_lines=settings.trace_lines,
        region_index=owners(regions, settings.trap),
        colors=alternatives[0].colors,
        bare=bound.bare,
        confidence=alternatives[0].confidence,
        palette=listed(settings.palette),
        layers=settings.layers,
        by=bound.by,
        match=None if bound.matches is None else bound.matches.confidence,
        score=alternatives[0].score,
        alternatives=alternatives,
    )
    return replace(page, notes=tuple(_notes(page, art, regions, bound)))


def _notes(page: Painted, art: LineArt, regions: Partition, bound: Given) -> Iterator[Note]:
    yield from art.notes
    yield from (Note("hint", said) for said in bound.notes)
    generated = ~(bound.known | bound.bare)
    bare = notes_on_bare(regions, page.colors, generated, bound.bubble)
    yield from (Note("bare", said) for said in bare)
    if regions.n_regions < 2:
        yield _no_line(page.source, art.line)
    else:
        yield from judged(page, regions, art.ink < 0.5)


def _no_line(source: Source, line: NDArray[np.float32]) -> Note:
    """A note on a page of ``line`` (H, W) with one region alone."""
    if np.median(line) < 0.5:
        return Note("no line", NO_LINE + DARK)
    layered = source.path.suffix.lower() in (".psd", ".ora")
    return Note("no line", NO_LINE + LAYERED * layered)


def finished(colors: Tensor, bound: Given) -> Pixels:
    """(R+1, 3) bytes: ``colors`` under what is given."""
    return np.where(bound.known[:, None], bound.colors, as_bytes(colors.numpy()))


def under(sure: NDArray[np.float32], bound: Given) -> NDArray[np.float32]:
    """(R+1,) ``sure`` under what is given."""
    return np.where(np.isnan(bound.confidence), sure, bound.confidence).astype(np.float32)


def listed(palette: Palette | None) -> tuple[Swatch, ...]:
    """The colours of ``palette`` as files list them."""
    if palette is None:
        return ()
    colors = as_bytes(palette.colors.numpy()).tolist()
    return tuple(Swatch((r, g, b), n) for (r, g, b), n in zip(colors, palette.names, strict=True))
