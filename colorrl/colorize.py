"""`colorrl colorize`: files for every sketch of a folder, region-exact at the sketch's own size.

What was done before is skipped, a page that fails does not stop the others, and nothing that
somebody else made is overwritten (export/journal.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from colorrl.config import UserError
from colorrl.device import pick_device
from colorrl.export import formats, journal
from colorrl.export.jobs import Job, find_jobs, raise_failed
from colorrl.export.painted import Source
from colorrl.paint import Generator, Settings, fingerprint, paint
from colorrl.palette import Palette, palette_from
from colorrl.policy.pipeline import load_generator
from colorrl.schema import ColorizeConfig
from colorrl.track.result import write_result

RESULT = "result.json"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """Pages by outcome."""

    coloured: list[str]
    skipped: list[str]  # done before
    failed: dict[str, str]  # page -> reason


def main(cfg: ColorizeConfig) -> None:
    """Colour ``cfg.input``. Raises UserError if a page fails, after all others are done."""
    started = time.monotonic()
    device = pick_device(cfg.device)
    jobs, palette = _asked(cfg)
    generator: Any = load_generator(cfg.policy.path, device)
    settings = Settings(
        generator=fingerprint(generator.network),
        seed=cfg.seed,
        n_steps=cfg.n_steps,
        palette=palette,
        only_palette=cfg.only_palette,
        colour_background=cfg.colour_background,
        line_layer=cfg.line_layer,
        trap=cfg.trap,
        layers=cfg.layers,
    )
    options: Any = {"kinds": cfg.export, "device": device, "overwrite": cfg.overwrite}
    report = colorize_jobs(jobs, cfg.output, generator, settings, **options)
    values = {
        "pages/coloured": len(report.coloured),
        "pages/skipped": len(report.skipped),
        "pages/failed": len(report.failed),
        "time/total_s": time.monotonic() - started,
    }
    write_result(cfg.output / RESULT, values, cfg, device=str(device))
    _tell(report, cfg.output)


def colorize_jobs(
    jobs: Sequence[Job],
    output: Path,
    generator: Generator,
    settings: Settings,
    *,
    kinds: Sequence[str],
    device: torch.device,
    overwrite: bool,
) -> Report:
    """Files of ``kinds`` for every job. A page that fails is reported; the rest goes on."""
    before, report = journal.read(output), Report([], [], {})
    for job in tqdm(jobs, desc="colorize", unit="page"):
        try:
            now = journal.Entry(job.page, journal.file_sha(job.path), settings.sha(), None)
            files = formats.files_of(kinds, job.stem)
            last = before.get(job.page)
            if journal.is_done(output, files, last, now, overwrite):
                report.skipped.append(job.page)
                continue
            source = Source(job.page, job.path, now.input_sha, settings.line_layer)
            page = paint(source, generator, settings, device, sure="regions" in kinds)
            # noted only now: a file that cannot be read claims no names
            journal.note(output, journal.started(output, files, last, now))
            formats.write(kinds, job.stem, page)
            journal.note(output, journal.finished(output, files, last, now))
            report.coloured.append(job.page)
        except (OSError, ValueError, MemoryError, journal.Conflict) as fault:
            report.failed[job.page] = str(fault) or type(fault).__name__
    return report


def _asked(cfg: ColorizeConfig) -> tuple[list[Job], Palette | None]:
    """What to colour, and in which palette. Raises UserError for what a person can mend."""
    if cfg.only_palette and cfg.palette is None:
        raise UserError("only_palette=true needs palette=#rrggbb,.. or a palette file", 2)
    if not cfg.export:
        raise UserError("export=[] asks for no file: give at least one kind", 2)
    if cfg.trap is not None and cfg.trap < 1:
        raise UserError(f"trap={cfg.trap}: give at least 1 px, or null", 2)
    if (cfg.output / RESULT).exists() and not (cfg.output / journal.NAME).exists():
        raise UserError(f"{cfg.output / RESULT} is not colorize's own; choose another output")
    try:
        palette = None if cfg.palette is None else palette_from(cfg.palette)
        return find_jobs(cfg.input, cfg.output), palette
    except (OSError, ValueError) as fault:
        raise UserError(str(fault)) from None


def _tell(report: Report, output: Path) -> None:
    log.info("%d coloured, %d done before: %s", len(report.coloured), len(report.skipped), output)
    raise_failed(report.failed, len(report.coloured) + len(report.skipped))


if __name__ == "__main__":
    from colorrl.cli import run_verb

    run_verb("colorize")
