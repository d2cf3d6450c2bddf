"""`colorrl colorize`: files for every sketch of a folder, region-exact at the sketch's own size.

What was done before is skipped, a page that fails does not stop the others, and nothing that
somebody else made is overwritten (export/journal.py). Pages are coloured one by one in processes
of one thread each: how many there are changes nothing but the time.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate

from colorrl.config import UserError
from colorrl.control.ranking import without_shares
from colorrl.control.sidecar import find_hints
from colorrl.device import pick_device
from colorrl.export import formats, memory, review
from colorrl.export.jobs import Job, find_jobs, in_shard
from colorrl.export.journal import file_sha
from colorrl.export.painted import Painted, Source
from colorrl.export.run import (
    RESULT,
    Report,
    Spread,
    check_result,
    make_once,
    run_pages,
    swept,
    tell,
)
from colorrl.export.staging import Staged, find_staged, is_url, landing, opened
from colorrl.paint import Generator, Settings, fingerprint, paint
from colorrl.palette import Palette, palette_from
from colorrl.parallel import in_processes, in_turn
from colorrl.policy.pipeline import load_generator
from colorrl.reference.reading import palette_of, read_sheet
from colorrl.reference.sheet import Sheet
from colorrl.report.review import review as review_page
from colorrl.schema import ColorizeConfig
from colorrl.track.result import write_result, write_text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Colouring:
    """The work on one page. Pickles, generator and all."""

    generator: Generator
    settings: Settings
    kinds: tuple[str, ...]
    device: torch.device
    overwrite: bool
    hints: Path | None = None  # folder; None = beside the pages

    def __call__(self, job: Job) -> bool | None:
        """True if the files of ``job`` were made, None if they were done before."""
        write = partial(formats.write, self.kinds, job.stem)
        hints = find_hints(self.hints_at(job))
        made = make_once(
            job,
            with_hints(self.settings.sha(), hints),
            self.files(job),
            partial(self._paint, job, hints),
            write,
            overwrite=self.overwrite,
        )
        return None if made is None else True

    def files(self, job: Job) -> list[Path]:
        return formats.files_of(self.kinds, job.stem)

    def hints_at(self, job: Job) -> Path:
        """The page itself, or where it would lie in the folder of hints."""
        return job.path if self.hints is None else self.hints / job.page

    def _paint(self, job: Job, hints: list[Path], input_sha: str) -> Painted:
        source = Source(job.page, job.path, input_sha, self.settings.line_layer)
        sure = "regions" in self.kinds
        page = paint(source, self.generator, self.settings, self.device, sure=sure, hints=hints)
        for note in page.notes:
            log.warning("%s: %s", job.page, note)
        return page


def main(cfg: ColorizeConfig) -> None:
    """Colour ``cfg.input``. Raises UserError if a page fails, after all others are done."""
    device = pick_device(cfg.device)
    jobs, palette, sheet = _asked(cfg)
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
        sheet=sheet,
        leave_blank=tuple(cfg.leave_blank),
        samples=cfg.samples,
        reward=without_shares(instantiate(cfg.reward)) if cfg.samples > 1 else None,
    )
    options: Any = {"kinds": cfg.export, "device": device, "overwrite": cfg.overwrite}
    options |= {"hints": cfg.hints}
    options |= {"spread": _spread(cfg, len(jobs)), "staged": _is_staged(cfg)}
    report = colorize_jobs(jobs, generator, settings, **options)
    finish(cfg, report, device)


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
) -> Report[bool]:
    """Files of ``kinds`` for every job. A page that fails is reported; the rest goes on.

    ``staged``: the jobs are those of ``find_staged``.
    """
    work = Colouring(generator, settings, tuple(kinds), device, overwrite, hints)
    if staged:
        return run_pages(Staged(work, work.files), jobs, "colorize", spread)
    with swept(jobs, work.files):
        return run_pages(work, jobs, "colorize", spread)


def finish(cfg: ColorizeConfig, report: Report[bool], device: torch.device) -> None:
    """Write what is told of the whole, and tell it. UserError if a page failed."""
    name = _result(cfg)
    values = {"verb": "colorize"} | report.values()
    try:
        with landing(cfg.output) as folder:
            write_result(folder / name, values, cfg, device=str(device))
            write_text(folder / review.NAME, review_page(review.rows(cfg.output), report.failed))
    except OSError as fault:  # a full disk must not cost the summary
        report.failed[f"{name}, {review.NAME}"] = str(fault)
    tell(report, "coloured", cfg.output)


def _result(cfg: ColorizeConfig) -> str:
    return RESULT if cfg.shard is None else f"result-{cfg.shard.replace('/', 'of')}.json"


def _is_staged(cfg: ColorizeConfig) -> bool:
    return is_url(cfg.input) or is_url(cfg.output)


def _spread(cfg: ColorizeConfig, n_jobs: int) -> Spread:
    if cfg.backend == "ray":
        from colorrl.export.ray_pages import on_ray  # late: an extra that few install

        return partial(on_ray, workers=cfg.workers)
    workers = min(cfg.workers or len(os.sched_getaffinity(0)), n_jobs)
    if workers == 1:
        return in_turn
    opener = opened if _is_staged(cfg) else partial(Path.open, mode="rb")
    return partial(
        in_processes,
        workers=workers,
        cost=partial(memory.need, opened=opener),
        budget=memory.budget(cfg.memory_gb, workers),
        module=__name__,
    )


def _asked(cfg: ColorizeConfig) -> tuple[list[Job], Palette | None, Sheet | None]:
    """What to colour, and in which colours. Raises UserError for what a person can mend."""
    if cfg.only_palette and cfg.palette is None and cfg.sheet is None:
        raise UserError("only_palette=true needs palette=#rrggbb,.., a palette file or a sheet", 2)
    _check_control(cfg)
    if not cfg.export:
        raise UserError("export=[] asks for no file: give at least one kind", 2)
    if cfg.trap is not None and cfg.trap < 1:
        raise UserError(f"trap={cfg.trap}: give at least 1 px, or null", 2)
    if cfg.workers is not None and cfg.workers < 1:
        raise UserError(f"workers={cfg.workers}: give at least 1, or null", 2)
    try:
        if not is_url(cfg.output):
            check_result(Path(cfg.output, _result(cfg)), "colorize")
        sheet = None
        if cfg.sheet is not None:
            sheet = read_sheet(cfg.sheet, cfg.line_layer, cfg.layers.line)
        palette = palette_of(sheet) if cfg.palette is None else palette_from(cfg.palette)
        jobs = _jobs(cfg)
        jobs = jobs if cfg.shard is None else in_shard(jobs, cfg.shard)
        return spaced(jobs, cfg.preview), palette, sheet
    except (OSError, ValueError) as fault:
        raise UserError(str(fault)) from None


def _check_control(cfg: ColorizeConfig) -> None:
    for key, value in {"samples": cfg.samples, "preview": cfg.preview}.items():
        if value is not None and value < 1:
            raise UserError(f"{key}={value}: give at least 1", 2)
    if "matches" in cfg.export and cfg.sheet is None:
        raise UserError("export=matches shows what a sheet decided: give sheet=FILE", 2)
    if cfg.hints is not None and not cfg.hints.is_dir():
        raise UserError(f"hints={cfg.hints} is no folder; it holds NAME.hints.png or .hints.json")


def with_hints(settings: str, hints: Sequence[Path]) -> str:
    """The hash of all that decides a page's colours besides the page: its hints are part of it."""
    if not hints:
        return settings
    shas = [f"{path.name} {file_sha(path)}" for path in hints]
    return hashlib.sha256("\n".join([settings, *shas]).encode()).hexdigest()


def spaced(jobs: list[Job], n: int | None) -> list[Job]:
    """``n`` of ``jobs``, evenly spaced; None or too many: all."""
    return jobs if n is None or n >= len(jobs) else [jobs[i * len(jobs) // n] for i in range(n)]


def _jobs(cfg: ColorizeConfig) -> list[Job]:
    if _is_staged(cfg):
        return find_staged(cfg.input, cfg.output)
    return find_jobs(Path(cfg.input), Path(cfg.output))


if __name__ == "__main__":
    from colorrl.cli import run_verb

    run_verb("colorize")
