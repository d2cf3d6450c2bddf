"""`colorrl colorize`: files for every sketch of a folder, region-exact at the sketch's own size.

What was done before is skipped, a page that fails does not stop the others, and nothing that
somebody else made is overwritten (export/journal.py). Pages are coloured one by one in processes
of one thread each: how many there are changes nothing but the time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from colorrl.config.schema.pages import ColorizeConfig
from colorrl.device import pick_device
from colorrl.errors import UserError
from colorrl.export import journal, memory, review
from colorrl.export.hint_files import find_strays, is_hints
from colorrl.export.jobs import Job, find_jobs, in_shard
from colorrl.export.spread import spread_of
from colorrl.export.staging import find_staged, landing
from colorrl.export.stores import is_url, store_of
from colorrl.export.summary import RESULT, Report, check_result, report_notes, report_pages
from colorrl.pages.colorize_folder import Coloring, Model, colorize_jobs, hints_of, model_among
from colorrl.pages.settings import Settings, check_asked, n_samples, settings_of
from colorrl.pages.sheet.reading import palette_of, read_sheet
from colorrl.pages.sheet.sheet import Sheet
from colorrl.palette import Palette, palette_from
from colorrl.policy.pipeline import load_policy
from colorrl.report.review import review as review_page
from colorrl.run.result import write_result, write_text
from colorrl.spaced import spaced

log = logging.getLogger(__name__)

RESULTS = "result*.json"  # of the whole, and of shards
NOTHING_MATCHES = (
    "export=matches shows what a sheet or hints decided, and here is neither: give sheet=FILE, "
    "NAME.hints.png or NAME.hints.json beside a page, or hints=FOLDER with them"
)


def main(cfg: ColorizeConfig) -> None:
    """Colour ``cfg.input``. Raises UserError if a page fails, after all others are done."""
    device = device_of(cfg)
    jobs, palette, sheet = _asked(cfg)
    generator: Any = load_policy(cfg.policy)
    staged = _is_staged(cfg)
    settings = settings_of(cfg, generator.fingerprint(), palette, sheet)
    report = colorize_jobs(
        jobs,
        generator,
        settings,
        kinds=cfg.export,
        device=device,
        overwrite=cfg.overwrite,
        spread=spread_of(cfg, len(jobs), device, staged=staged, module=__name__),
        staged=staged,
        hints=cfg.hints,
        shared=cfg.shard is not None,
        recolor_rest=cfg.recolor_rest,
        drop_edits=cfg.drop_edits,
        model=_model(cfg, generator, settings, device),
    )
    finish(cfg, report, device)


def _model(
    cfg: ColorizeConfig, generator: Any, settings: Settings, device: torch.device
) -> Model | None:
    """The page whose figure keeps its colours all over the run, None where that is not asked for.

    It is the same one for every shard and every preview.
    """
    if cfg.consistent is not True or cfg.sheet is not None:
        return None
    work = Coloring(
        generator, settings, tuple(cfg.export), device, cfg.overwrite, cfg.hints,
        cfg.recolor_rest, tuple(cfg.drop_edits),
    )  # fmt: skip
    try:
        return model_among(_jobs(cfg), work)
    except ValueError as fault:
        raise UserError(str(fault)) from None


def device_of(cfg: ColorizeConfig) -> torch.device:
    """What pages are coloured on. Raises UserError for a device that is not there."""
    if cfg.backend == "ray":
        if cfg.device not in ("auto", "cpu"):
            raise UserError(
                f"device={cfg.device}: backend=ray colours on CPUs; give device=cpu, or "
                "backend=processes to use this machine's GPU",
                2,
            )
        return torch.device("cpu")
    return pick_device(cfg.device)


def finish(cfg: ColorizeConfig, report: Report[bool], device: torch.device) -> None:
    """Write and print the report on the whole. UserError if a page failed."""
    name = _result(cfg)
    values = {"verb": "colorize"} | report.values()
    notes: dict[str, tuple[tuple[str, str], ...]] = {}
    checked = {*report.done, *report.skipped}
    try:
        with landing(cfg.output) as folder:
            rows = review.rows(cfg.output)
            notes = {row.name: row.notes for row in rows if row.name in checked and row.notes}
            write_result(folder / name, values | {"notes": notes}, cfg, device=str(device))
            html = review_page(rows, report.failed, checked)
            write_text(folder / review.NAME, html)
    except OSError as fault:  # a full disk must not cost the summary
        report.failed[f"{name}, {review.NAME}"] = str(fault)
    report_notes(notes)
    report_pages(report, "coloured", cfg.output)
    if cfg.strict and notes:
        n = f"{len(notes)} of {len(checked)} pages"
        raise UserError(f"strict=true: {n} have notes, see {name} in {cfg.output}")


def _result(cfg: ColorizeConfig) -> str:
    """Its name, one of those that ``RESULTS`` finds."""
    return RESULT if cfg.shard is None else f"result-{cfg.shard.replace('/', 'of')}.json"


def _is_staged(cfg: ColorizeConfig) -> bool:
    return is_url(cfg.input) or is_url(cfg.output)


def _asked(cfg: ColorizeConfig) -> tuple[list[Job], Palette | None, Sheet | None]:
    """What to colour, and in which colours. Raises UserError for what a person can mend."""
    _check(cfg)
    try:
        if not is_url(cfg.output):
            _check_ours(Path(cfg.output), _result(cfg))
        sheet = None
        if cfg.sheet is not None:
            with _naming("sheet", cfg.sheet):
                sheet = read_sheet(cfg.sheet, cfg.line_layer, cfg.layers.line)
        with _naming("palette", cfg.palette):
            palette = palette_of(sheet) if cfg.palette is None else palette_from(cfg.palette)
        jobs = _jobs(cfg)
        _tell_strays(cfg, jobs)
        if "matches" in cfg.export and sheet is None and not _any_hints(cfg, jobs):
            raise UserError(NOTHING_MATCHES, 2)
        jobs = jobs if cfg.shard is None else in_shard(jobs, cfg.shard)
        return spaced(jobs, cfg.preview), palette, sheet
    except (OSError, ValueError, ImportError) as fault:  # fsspec names the package to install
        raise UserError(str(fault)) from None


@contextmanager
def _naming(key: str, value: Any) -> Iterator[None]:
    """UserError naming ``key`` for a file that is not there."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{key}={value}: there is no such file", 2) from None


def _check_ours(output: Path, result: str) -> None:
    """Raise UserError if the report on the whole would replace somebody else's."""
    file = next((p for p in (output, *output.parents) if p.exists() and not p.is_dir()), None)
    if file is not None:
        raise UserError(f"output={output}: {file} is a file; choose a folder")
    check_result(output / result, "colorize")
    # a run in which no page was coloured leaves a result and no journal
    ours = (output / journal.NAME).exists() or any(output.glob(RESULTS))
    if (output / review.NAME).exists() and not ours:
        raise UserError(f"{output / review.NAME} is not of colorrl; choose another output")


def _check(cfg: ColorizeConfig) -> None:
    for key, value in (("input", cfg.input), ("output", cfg.output)):
        if not value:  # such as of a variable that is not set; Path would take it for "."
            raise UserError(f"{key}= is empty: give a path, or . for the folder you are in", 2)
    try:
        check_asked(cfg, has_palette=cfg.palette is not None or cfg.sheet is not None)
        memory.check_budget(cfg.memory_gb)
    except ValueError as fault:
        raise UserError(str(fault), 2) from None
    if not cfg.export:
        raise UserError("export=[] asks for no file: give at least one kind", 2)
    if "alternatives" in cfg.export and n_samples(cfg) == 1:
        raise UserError("export=alternatives shows what was chosen from: give samples=2 or more", 2)
    if cfg.consistent is True and _is_staged(cfg):
        raise UserError(
            "consistent=true needs folders of this machine: colour one page first and give its "
            "NAME.regions.json as sheet=",
            2,
        )
    if cfg.hints is not None and not cfg.hints.is_dir():
        raise UserError(
            f"hints={cfg.hints} is no folder; it holds NAME.hints.png or .hints.json", 2
        )


def _any_hints(cfg: ColorizeConfig, jobs: list[Job]) -> bool:
    """Whether a page of ``jobs``, or where they lie in a store anything there, has hints."""
    if cfg.hints is None and _is_staged(cfg):
        fs, root = store_of(cfg.input)
        return any(map(is_hints, fs.find(root)))
    return any(hints_of(job, cfg.hints) for job in jobs)


def _tell_strays(cfg: ColorizeConfig, jobs: list[Job]) -> None:
    """Warn of hint files that no page of ``jobs`` has: a name with a typo hints at nothing."""
    if cfg.hints is None and (_is_staged(cfg) or not Path(cfg.input).is_dir()):
        return
    folder = cfg.hints or Path(cfg.input)
    pages = [job.path if cfg.hints is None else cfg.hints / job.page for job in jobs]
    for file in find_strays(folder, pages):
        log.warning("%s: hints of no page, for none has that name", file.relative_to(folder))
    if cfg.hints is not None and not _any_hints(cfg, jobs):
        log.warning("hints=%s: no page has NAME.hints.png or NAME.hints.json there", cfg.hints)


def _jobs(cfg: ColorizeConfig) -> list[Job]:
    if _is_staged(cfg):
        return find_staged(cfg.input, cfg.output)
    return find_jobs(Path(cfg.input), Path(cfg.output))
