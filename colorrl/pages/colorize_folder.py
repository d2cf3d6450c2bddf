"""The work on each page of a folder: colour it once, write its files, record its notes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from colorrl.export import formats, journal, regions
from colorrl.export.hint_files import find_hints
from colorrl.export.jobs import Job
from colorrl.export.journal import file_sha
from colorrl.export.painted import Painted, Source, hex_of
from colorrl.export.run import EXPECTED, Spread, at_work, make_once, run_pages
from colorrl.export.staging import Staged
from colorrl.export.summary import Report
from colorrl.pages.colorize_page import Generator, PageJob, listed, paint
from colorrl.pages.found_again import model_of
from colorrl.pages.kept import HAND, as_made, before, keeping
from colorrl.pages.settings import Settings
from colorrl.pages.sheet.sheet import Sheet
from colorrl.parallel import in_turn


def colorize_jobs(
    jobs: Sequence[Job],
    generator: Generator,
    settings: Settings,
    *,
    kinds: Sequence[str],
    device: torch.device,
    overwrite: bool,
    spread: Spread = in_turn,
    staged: bool = False,
    hints: Path | None = None,
    shared: bool = False,
    recolor_rest: bool = False,
    drop_edits: Sequence[str] = (),
    model: Model | None = None,
) -> Report[bool]:
    """Files of ``kinds`` for every job. A page that fails is reported; the rest goes on.

    ``staged``: the jobs are those of ``find_staged``; ``shared``: they are a shard. Of a page that
    is coloured again, edits by hand stay unless it is one of ``drop_edits``, and so does what no
    hint names where the hints alone are others, unless ``recolor_rest``. ``model``: of
    all pages but its own.
    """
    work = Coloring(
        generator, settings, tuple(kinds), device, overwrite, hints, recolor_rest,
        tuple(drop_edits), model,
    )  # fmt: skip
    if staged:
        return run_pages(Staged(work, work.files), jobs, "colorize", spread)
    with at_work(jobs, work.files, shared=shared):
        return run_pages(work, jobs, "colorize", spread)


@dataclass(frozen=True, slots=True)
class Model:
    """The page whose figure keeps its colours on the others."""

    page: str
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Coloring:
    """The work on one page. Pickles, generator and all."""

    generator: Generator
    settings: Settings
    kinds: tuple[str, ...]
    device: torch.device
    overwrite: bool
    hints: Path | None = None  # folder; None = beside the pages
    recolor_rest: bool = False
    drop_edits: tuple[str, ...] = ()  # pages
    model: Model | None = None

    def __call__(self, job: Job) -> bool | None:
        """True if the files of ``job`` were made, None if they were done before."""
        if self.model is not None and job.page != self.model.page:
            settings = replace(self.settings, model=self.model.sheet)
            return replace(self, settings=settings, model=None)(job)
        write = partial(formats.write, self.kinds, job.stem)
        hints = hints_of(job, self.hints)
        made = make_once(
            job,
            with_hints(self.settings.sha(), hints),
            self.files(job),
            partial(self._paint, job, hints),
            write,
            overwrite=self.overwrite,
            record=Path(f"{job.stem}{regions.JSON}"),
            keep=partial(entry_of, self.settings),
        )
        return None if made is None else True

    def files(self, job: Job) -> list[Path]:
        return formats.files_of(self.kinds, job.stem)

    def painted(self, job: Job) -> Painted:
        """The page of ``job``, as it would be made and not written."""
        return self._paint(job, hints_of(job, self.hints), file_sha(job.path))

    def _paint(self, job: Job, hints: list[Path], input_sha: str) -> Painted:
        source = Source(job.page, job.path, input_sha, self.settings.line_layer, job.url)
        sure = "regions" in self.kinds
        # here and not before: what is on a GPU does not travel to another process
        there = self.generator if self.device.type == "cpu" else self.generator.to(self.device)
        draw = partial(paint, PageJob(source, there, self.settings, self.device, sure), hints)
        record = Path(f"{job.stem}{regions.JSON}")
        old = before(record, journal.read(job.output, job.page))
        if old is None:
            return draw()
        return keeping(
            draw(),
            old,
            asked=self.settings.sha(),
            recolor_rest=self.recolor_rest,
            drop_edits=job.page in self.drop_edits,
            again=lambda ids: replace(draw(ids=ids), region_index=ids),
        )


def model_among(jobs: Sequence[Job], work: Coloring) -> Model:
    """The first of ``jobs`` that can be coloured and shows two colours. Raises ValueError if none
    does."""
    for job in jobs:
        try:
            sheet = model_of(work.painted(job))
        except EXPECTED:  # its own turn reports it
            continue
        if len(np.unique(sheet.colors[~sheet.bare], axis=0)) > 1:
            return Model(job.page, sheet)
    raise ValueError("consistent=true: no page shows a figure in colours that others could keep")


def entry_of(settings: Settings, page: Painted) -> dict[str, Any]:
    """What the journal keeps of ``page`` besides its files."""
    notes = [list(note) for note in page.notes]
    palette = [[hex_of(swatch.color), swatch.name] for swatch in listed(settings.palette)]
    made = {"colours": as_made(page), "palette": palette}
    return {"notes": notes, "asked": settings.sha(), "edited": HAND in page.by} | made


def hints_of(job: Job, folder: Path | None) -> list[Path]:
    """The hint files of ``job``, in ``folder`` or, None, beside the page."""
    return find_hints(job.path if folder is None else folder / job.page)


def with_hints(settings: str, hints: Sequence[Path]) -> str:
    """The hash of all that decides a page's colours besides the page: its hints are part of it."""
    if not hints:
        return settings
    shas = [f"{path.name} {file_sha(path)}" for path in hints]
    return hashlib.sha256("\n".join([settings, *shas]).encode()).hexdigest()
