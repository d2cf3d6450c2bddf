"""`colorrl export`: files of coloured pages made anew after their regions.json was edited."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from colorrl.config import UserError
from colorrl.export import formats, journal, regions
from colorrl.export.jobs import raise_failed
from colorrl.schema import ExportConfig

# what a page's files are made from, and not made of
KINDS = [kind for kind in formats.FORMATS if kind != "regions"]
log = logging.getLogger(__name__)


def main(cfg: ExportConfig) -> None:
    """Export ``cfg.input``. Raises UserError if a page fails, after all others are done."""
    if cfg.export is not None and "regions" in cfg.export:
        raise UserError("export=regions is what the other files are made from; leave it out", 2)
    failed: dict[str, str] = {}
    made = 0
    pages = find_pages(cfg.input)
    for path in tqdm(pages, desc="export", unit="page"):
        try:
            made += export_page(path, cfg.export, cfg.overwrite)
        except (OSError, ValueError, MemoryError, journal.Conflict) as fault:
            failed[path.name] = str(fault) or type(fault).__name__
    unchanged = len(pages) - made - len(failed)
    log.info("%d exported, %d unchanged: %s", made, unchanged, cfg.input)
    raise_failed(failed, len(pages) - len(failed))


def find_pages(source: Path) -> list[Path]:
    """The regions.json files in ``source``, a folder or one such file. Raises UserError."""
    if not source.exists():
        raise UserError(f"{source} does not exist")
    if source.is_file():
        if not source.name.endswith(regions.JSON):
            raise UserError(f"{source} is not a NAME{regions.JSON} that colorize wrote")
        return [source]
    found = sorted(source.rglob(f"*{regions.JSON}"))
    if not found:
        raise UserError(
            f"{source} holds no NAME{regions.JSON}: colour with export=[regions,..] first"
        )
    return found


def export_page(path: Path, kinds: Sequence[str] | None, overwrite: bool) -> bool:
    """Files of ``kinds`` (None: those there already) from ``path``; False if all are up to date.

    Raises OSError or ValueError for a page that cannot be read and Conflict for files that are
    not as colorrl left them, unless ``overwrite``.
    """
    stem = path.with_name(path.name.removesuffix(regions.JSON))
    if kinds is None:
        kinds = [k for k in KINDS if any(f.exists() for f in formats.files_of([k], stem))]
    files = formats.files_of(kinds, stem)
    page = regions.read(path)
    folder = journal.folder_of(path)
    last = journal.read(folder).get(page.source.page)
    if journal.is_current(folder, [path, *files], last):
        return False
    if not overwrite:
        journal.check_untouched(folder, files, last)
    if last is None:
        formats.write(kinds, stem, page)
        return True
    now = replace(last, made=None)
    journal.note(folder, journal.started(folder, files, last, now))
    formats.write(kinds, stem, page)
    journal.note(folder, journal.finished(folder, [path, *files], last, now))
    return True
