"""`colorrl export`: files of coloured pages made anew after their regions.json was edited."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from colorrl.config.schema.pages import ExportConfig
from colorrl.errors import UserError
from colorrl.export import formats, journal, regions
from colorrl.export.jobs import Job
from colorrl.export.run import at_work, run_pages
from colorrl.export.summary import tell

# what a page's files are made from, and what shows how its colours were found
MADE_ONCE = ("regions", "alternatives", "matches")
KINDS = [kind for kind in formats.FORMATS if kind not in MADE_ONCE]


def main(cfg: ExportConfig) -> None:
    """Export ``cfg.input``. Raises UserError if a page fails, after all others are done."""
    once = [kind for kind in cfg.export or () if kind in MADE_ONCE]
    if once:
        raise UserError(f"export={once[0]} is of colorize alone: it is made once; leave it out", 2)
    work = partial(export_page, kinds=cfg.export, overwrite=cfg.overwrite)
    jobs = find_pages(cfg.input)
    with ExitStack() as outputs:
        for output in dict.fromkeys(job.output for job in jobs):
            if (output / journal.NAME).exists():  # else it is no output of colorize's
                own = [job for job in jobs if job.output == output]
                outputs.enter_context(at_work(own, lambda job: formats.files_of(KINDS, job.stem)))
        tell(run_pages(work, jobs, "export"), "exported", cfg.input)


def find_pages(source: Path) -> list[Job]:
    """The regions.json files in ``source``, a folder or one such file. Raises UserError."""
    if not source.exists():
        raise UserError(f"{source} does not exist")
    if source.is_file():
        if not source.name.endswith(regions.JSON):
            raise UserError(f"{source} is not a NAME{regions.JSON} that colorize wrote")
        return [_job(source, source.parent)]
    found = sorted(source.rglob(f"*{regions.JSON}"))
    if not found:
        raise UserError(
            f"{source} holds no NAME{regions.JSON}: colour with export=[regions,..] first"
        )
    return [_job(path, source) for path in found]


def _job(path: Path, root: Path) -> Job:
    stem = path.with_name(path.name.removesuffix(regions.JSON))
    return Job(path.relative_to(root).as_posix(), path, stem, journal.folder_of(path))


def export_page(job: Job, kinds: Sequence[str] | None, overwrite: bool) -> bool | None:
    """Files of ``kinds`` (None: those there already) of ``job``; None if all are up to date.

    After an edit all files that are there are made anew, save those changed by hand.

    Raises OSError or ValueError for a page that cannot be read and Conflict for files that are
    not as colorrl left them, unless ``overwrite``.
    """
    page = regions.read(job.path)
    last = journal.read(job.output, page.source.page)
    chosen = _chosen(job, kinds, last)
    files = formats.files_of(chosen, job.stem)
    if journal.is_current(job.output, [job.path, *files], last):
        return None
    if not overwrite:
        journal.check_untouched(job.output, files, last)
    if last is None:
        formats.write(chosen, job.stem, page)
        return True
    edited = journal.is_edited(job.output, job.path, last)
    now = replace(last, made=None, edited=edited)
    journal.note(job.output, journal.started(job.output, files, last, now))
    formats.write(chosen, job.stem, page)
    journal.note(job.output, journal.finished(job.output, [job.path, *files], last, now))
    return True


def _chosen(job: Job, asked: Sequence[str] | None, last: journal.Entry | None) -> list[str]:
    """The kinds to make: those asked for and, after an edit, what is there as we left it.

    Or a file that nobody asked for would stay behind the edit, and count as up to date.
    """
    there = [k for k in KINDS if any(f.exists() for f in formats.files_of([k], job.stem))]
    if asked is None:
        return there
    edited = not journal.is_current(job.output, [job.path], last)
    ours = (
        k for k in there if journal.is_current(job.output, formats.files_of([k], job.stem), last)
    )
    return [*asked, *(k for k in ours if edited and k not in asked)]
