"""The generator for the page: a first colouring, the rest again, what other samples chose."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.color import delta_e_2000, parse_hex, srgb_to_lab
from colorrl.export import formats, regions
from colorrl.export.jobs import Job
from colorrl.export.journal import file_sha
from colorrl.export.painted import Painted, Source, as_bytes, hex_of, rgb_of
from colorrl.export.run import make_once
from colorrl.pages.colorize_folder import entry_of, hints_of, with_hints
from colorrl.pages.colorize_page import Generator, PageJob, Prepared, color, paint, prepare
from colorrl.pages.constraints.given import given
from colorrl.pages.constraints.hints import Hints, read_hints
from colorrl.pages.kept import partition_of
from colorrl.pages.page import Page, owners
from colorrl.pages.samples import ballots
from colorrl.pages.settings import Settings
from colorrl.pages.sheet.reading import read_sheet
from colorrl.pages.view import page_of
from colorrl.pages.vote import AGREE
from colorrl.palette import Palette
from colorrl.regions.ink import ink_mask
from colorrl.regions.segment import part
from colorrl.studio import acts
from colorrl.studio.open_page import OpenPage
from colorrl.studio.patch import Rows
from colorrl.types import Partition

RECOLOR = "recolor"
SEVERAL = 4  # samples in NAME.alternatives.png
TRIES = 3  # seeds that are tried until something changes
Choices = dict[int, list[tuple[str, float]]]  # region -> colours with their share, most first


@dataclass(frozen=True, slots=True)
class Painter:
    """A generator with the settings of the server."""

    generator: Generator
    settings: Settings
    several: Settings  # the same for SEVERAL samples, which a reward ranks
    device: torch.device

    def first(self, job: Job) -> Painted:
        """The page of ``job`` as `colorrl colorize` colours it. OSError or ValueError."""
        source = Source(job.page, job.path, file_sha(job.path), self.settings.line_layer)
        return paint(self._job(source, self.settings), hints_of(job, None))

    def write_first(self, job: Job, painted: Painted) -> None:
        """The files of ``first``, noted as colorize notes them. Raises Conflict as it does."""
        make_once(
            job,
            with_hints(self.settings.sha(), hints_of(job, None)),
            formats.files_of(["regions"], job.stem),
            lambda sha: painted,
            partial(formats.write, ["regions"], job.stem),
            overwrite=False,
            record=Path(f"{job.stem}{regions.JSON}"),
            keep=partial(entry_of, self.settings),
        )

    def again(self, page: OpenPage) -> Rows:
        """New rows for all that is neither locked nor decided by a person."""
        rows = page.rows
        kept, regions = acts.kept(rows), self._partition(page)
        before = sum(line["act"] == RECOLOR for line in page.history.lines)
        source = Source(page.job.page, page.job.path, "", None)
        for seed in range(before, before + TRIES):
            settings = replace(self._settings(page, kept), seed=self.settings.seed + seed)
            work = self._job(source, settings)
            painted = color(work, page.drawing(), _hints(kept), regions)
            found = {r: row for r, row in _rows(painted).items() if r not in kept}
            if not acts.decided(rows, found).empty:
                return found
        return {}

    def sheet(self, page: OpenPage, path: Path) -> Rows:
        """The rows that the sheet at ``path`` decides. OSError, or ValueError for a sheet that is
        none or on which nothing of the page is found."""
        sheet = read_sheet(path, self.settings.line_layer, self.settings.layers.line)
        control = replace(self.settings, sheet=sheet, only_palette=False).control
        bound = given(page.art().line, self._partition(page), control, None)
        sure = [] if bound.matches is None else np.flatnonzero(bound.matches.sure).tolist()
        if not sure or bound.matches is None:
            raise ValueError("the sheet decides nothing here: no area was found on it again")
        return {
            region: {
                "colour": None if bound.bare[region] else hex_of(bound.colors[region]),
                "by": "sheet",
                "confidence": round(float(bound.confidence[region]), 3),
                "match": round(float(bound.matches.confidence[region]), 3),
            }
            for region in sure
        }

    def alternatives(self, page: OpenPage) -> Painted:
        """``page`` with SEVERAL alternatives, as `colorrl colorize` would draw them."""
        job, drawing = page.job, page.drawing()
        source = Source(job.page, job.path, page.head["line_sha256"], page.head["line_layer"])
        files = hints_of(job, None)
        hints = read_hints(files, drawing.shape) if files else None
        work = self._job(source, self.several)
        painted = color(work, drawing, hints, self._partition(page))
        return replace(painted, region_index=page.ids())

    def choices(self, page: OpenPage) -> Choices:
        """What the samples say of each area that is not locked, with their share.

        Of those that a person coloured, too: it is what they may go back to.
        """
        locked = {r: row["colour"] for r, row in page.rows.items() if row["locked"]}
        settings = self._settings(page, locked)
        work = self._job(Source(page.job.page, page.job.path, "", None), settings)
        ready = prepare(work, page.drawing(), _hints(locked), self._partition(page))
        shown = page_of(ready.view, settings, ready.draws)
        return _counted(ready, shown, {r for r in page.rows if r not in locked})

    def _partition(self, page: OpenPage) -> Partition:
        """The regions of ``page`` as a person left them."""
        art, ids = page.art(), page.ids()
        found = part(art.ink, self.settings.gap)
        same = np.array_equal(owners(found, self.settings.trap), ids)
        return found if same else partition_of(art, ids)

    def _job(self, source: Source, settings: Settings) -> PageJob:
        there = self.generator if self.device.type == "cpu" else self.generator.to(self.device)
        return PageJob(source, there, settings, self.device)

    def _settings(self, page: OpenPage, kept: dict[int, str | None]) -> Settings:
        """Those of the server with what the page has of its own: how its line is read and shown,
        and its palette, which holds what is kept."""
        own = {key: page.head[key] for key in ("drop_blue", "trace_lines")}
        listed = [(p["colour"], p["name"]) for p in page.head["palette"]]
        if not listed:
            return replace(self.settings, **own)
        known = {color for color, _ in listed}
        extra = sorted({c for c in kept.values() if c is not None} - known)
        listed += [(color, "") for color in extra if self.settings.only_palette]
        colors = torch.tensor([parse_hex(color) for color, _ in listed])
        palette = Palette(colors, tuple(name for _, name in listed))
        return replace(self.settings, palette=palette, **own)


def paper_of(page: OpenPage) -> NDArray[np.bool_]:
    """(H, W) True where the drawing of ``page`` has no ink."""
    return ~ink_mask(page.art().ink)


def _hints(kept: dict[int, str | None]) -> Hints | None:
    if not kept:
        return None
    return Hints((), {r: None if c is None else rgb_of(c) for r, c in kept.items()})


def _rows(painted: Painted) -> Rows:
    return {
        region: {
            "colour": None if painted.bare[region] else hex_of(painted.colors[region]),
            "by": painted.by[region],
            "confidence": round(float(painted.confidence[region]), 3),
        }
        for region in range(1, len(painted.colors))
    }


def _counted(ready: Prepared, page: Page, wanted: set[int]) -> Choices:
    bare = ready.view.bound.bare
    said = ballots(page, ready.draws.colors(page, 0, 1), bare, ready.draws)
    lab = srgb_to_lab(said, -1)
    found: Choices = {}
    for region in sorted(wanted):
        if bare[region]:
            continue
        near = delta_e_2000(lab[:, None, region], lab[None, :, region]) <= AGREE
        groups = Counter(int(row.to(torch.uint8).argmax()) for row in near)
        found[region] = [
            (hex_of(as_bytes(said[sample, region].numpy())), round(count / len(said), 3))
            for sample, count in groups.most_common()
        ]
    return found
