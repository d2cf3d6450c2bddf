"""`colorrl export`: files of coloured pages written again after their regions.json was edited."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from colorrl.config.schema.pages import ExportConfig
from colorrl.errors import UserError
from colorrl.export import formats, journal, regions
from colorrl.export.jobs import Job
from colorrl.export.reexport import KINDS, MADE_ONCE, export_page
from colorrl.export.run import at_work, run_pages
from colorrl.export.summary import report_pages


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
        report_pages(run_pages(work, jobs, "export"), "exported", cfg.input)


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
