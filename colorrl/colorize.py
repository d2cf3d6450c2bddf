"""`colorrl colorize`: files for every sketch of a folder, region-exact at the sketch's own size.

What was done before is skipped, a page that fails does not stop the others, and nothing that
somebody else made is overwritten (export/journal.py). Pages are coloured one by one in processes
of one thread each: how many there are changes nothing but the time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate

from colorrl.colouring import colorize_jobs
from colorrl.config import UserError
from colorrl.control.ranking import without_shares
from colorrl.device import pick_device
from colorrl.export import journal, review
from colorrl.export.jobs import Job, find_jobs, in_shard
from colorrl.export.spread import spread_of
from colorrl.export.staging import find_staged, is_url, landing
from colorrl.export.summary import RESULT, Report, check_result, tell
from colorrl.paint import Settings, fingerprint
from colorrl.palette import Palette, palette_from
from colorrl.policy.pipeline import load_generator
from colorrl.reference.reading import palette_of, read_sheet
from colorrl.reference.sheet import Sheet
from colorrl.report.review import review as review_page
from colorrl.schema import ColorizeConfig
from colorrl.track.result import write_result, write_text

RESULTS = "result*.json"  # of the whole, and of shards


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
    staged = _is_staged(cfg)
    spread = spread_of(cfg, len(jobs), staged=staged, module=__name__)
    options |= {"hints": cfg.hints}
    options |= {"spread": spread, "staged": staged}
    report = colorize_jobs(jobs, generator, settings, **options)
    finish(cfg, report, device)


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
    """Its name, one of those that ``RESULTS`` finds."""
    return RESULT if cfg.shard is None else f"result-{cfg.shard.replace('/', 'of')}.json"


def _is_staged(cfg: ColorizeConfig) -> bool:
    return is_url(cfg.input) or is_url(cfg.output)


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
            _check_ours(Path(cfg.output), _result(cfg))
        sheet = None
        if cfg.sheet is not None:
            sheet = read_sheet(cfg.sheet, cfg.line_layer, cfg.layers.line)
        palette = palette_of(sheet) if cfg.palette is None else palette_from(cfg.palette)
        jobs = _jobs(cfg)
        jobs = jobs if cfg.shard is None else in_shard(jobs, cfg.shard)
        return spaced(jobs, cfg.preview), palette, sheet
    except (OSError, ValueError, ImportError) as fault:  # fsspec names the package to install
        raise UserError(str(fault)) from None


def _check_ours(output: Path, result: str) -> None:
    """Raise UserError if what is told of the whole would replace somebody else's."""
    check_result(output / result, "colorize")
    # a run in which no page was coloured leaves a result and no journal
    ours = (output / journal.NAME).exists() or any(output.glob(RESULTS))
    if (output / review.NAME).exists() and not ours:
        raise UserError(f"{output / review.NAME} is not of colorrl; choose another output")


def _check_control(cfg: ColorizeConfig) -> None:
    for key, value in {"samples": cfg.samples, "preview": cfg.preview}.items():
        if value is not None and value < 1:
            raise UserError(f"{key}={value}: give at least 1", 2)
    if "alternatives" in cfg.export and cfg.samples == 1:
        raise UserError("export=alternatives shows what was chosen from: give samples=2 or more")
    if "matches" in cfg.export and cfg.sheet is None:
        raise UserError("export=matches shows what a sheet decided: give sheet=FILE", 2)
    if cfg.hints is not None and not cfg.hints.is_dir():
        raise UserError(f"hints={cfg.hints} is no folder; it holds NAME.hints.png or .hints.json")


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
