"""The files of one coloured page made again from its regions.json, without the generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from colorrl.export import formats, journal, regions
from colorrl.export.jobs import Job
from colorrl.export.painted import Painted

# what a page's files are made from, and what the generator alone can make
MADE_ONCE = ("regions", "alternatives")
KINDS = [kind for kind in formats.FORMATS if kind not in MADE_ONCE]


def export_page(job: Job, kinds: Sequence[str] | None, overwrite: bool) -> bool | None:
    """Files of ``kinds`` (None: those there already) of ``job``; None if all are up to date.

    After an edit all files that are there are written again, except those changed by hand.

    Raises OSError or ValueError for a page that cannot be read and Conflict for files that are
    not as colorrl left them, unless ``overwrite``.
    """
    page = regions.read(job.path)
    last = journal.read(job.output, page.source.page)
    chosen = _chosen(job, kinds, last)
    files = formats.files_of(chosen, job.stem)
    if journal.is_current(job.output, [job.path, *files], last):
        return None
    write_kinds(job, page, chosen, overwrite)
    return True


def write_kinds(job: Job, page: Painted, kinds: Sequence[str], overwrite: bool) -> None:
    """Files of ``kinds`` of ``page``, noted beside what there is of it. Raises as ``export_page``.

    ``job.path`` is its regions.json.
    """
    last = journal.read(job.output, page.source.page)
    files = formats.files_of(kinds, job.stem)
    if not overwrite:
        journal.check_untouched(job.output, files, last)
    if last is None:
        return formats.write(kinds, job.stem, page)
    edited = journal.is_edited(job.output, job.path, last)
    now = replace(last, made=None, edited=edited)
    journal.note(job.output, journal.started(job.output, files, last, now))
    formats.write(kinds, job.stem, page)
    journal.note(job.output, journal.finished(job.output, [job.path, *files], last, now))


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
