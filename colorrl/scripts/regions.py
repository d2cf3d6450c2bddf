"""`colorrl regions`: the regions of every line art of a folder, and what was repaired in it."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colorrl.config.schema.pages import RegionsConfig
from colorrl.errors import UserError
from colorrl.export import journal, png
from colorrl.export.draft import draft
from colorrl.export.jobs import Job, find_jobs
from colorrl.export.run import at_work, make_once, run_pages
from colorrl.export.summary import RESULT, Report, check_result, report_pages
from colorrl.images.folder import read_drawing
from colorrl.images.image import luma, strokes
from colorrl.regions.overlay import overlay
from colorrl.regions.repair import Repair
from colorrl.regions.segment import VERSION, segment_and_log
from colorrl.run.result import write_result
from colorrl.types import RegionMap

LABELS, OVERLAY, REPAIRS = ".labels.png", ".overlay.png", ".repairs.json"
log = logging.getLogger(__name__)

Segmenter = Callable[[np.ndarray], tuple[RegionMap, Repair]]
Segmented = tuple[RegionMap, Repair, np.ndarray]  # and the overlay


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found on a page."""

    regions: int
    gaps: int
    slivers: int


def main(cfg: RegionsConfig) -> None:
    """Segment ``cfg.input``. Raises UserError if a page fails, after all others are done."""
    jobs = _asked(cfg)
    options: dict[str, Any] = {
        "ink_threshold": cfg.ink_threshold,
        "ball": cfg.ball,
        "min_area": cfg.min_area,
    }
    settings = hashlib.sha256(json.dumps([VERSION, options]).encode()).hexdigest()
    segmenter = partial(segment_and_log, **options)
    report = segment_jobs(jobs, settings, segmenter, overwrite=cfg.overwrite)
    found = report.done.values()
    counts = {
        "regions": sum(c.regions for c in found),
        "gaps": sum(c.gaps for c in found),
        "slivers": sum(c.slivers for c in found),
    }
    write_result(cfg.output / RESULT, {"verb": "regions"} | report.values() | counts, cfg)
    log.info("%(regions)d regions, %(gaps)d gaps closed", counts)
    report_pages(report, "segmented", cfg.output)


def segment_jobs(
    jobs: Sequence[Job], settings: str, segmenter: Segmenter, *, overwrite: bool
) -> Report[Counts]:
    """Labels, overlay and repairs of every job."""
    work = partial(_segment, settings=settings, segmenter=segmenter, overwrite=overwrite)
    with at_work(jobs, _files, journal.REGIONS):
        return run_pages(work, jobs, "regions")


def _segment(job: Job, settings: str, segmenter: Segmenter, overwrite: bool) -> Counts | None:
    def make(_sha: str) -> Segmented:
        drawing = read_drawing(job.path)
        regions, repair = segmenter(strokes(drawing))
        return regions, repair, overlay(luma(drawing), regions, repair)

    made = make_once(
        job,
        settings,
        _files(job),
        make,
        partial(_write, job),
        overwrite=overwrite,
        name=journal.REGIONS,
    )
    if made is None:
        return None
    regions, repair, _ = made
    return Counts(regions.n_regions, len(repair.gap), len(repair.sliver))


def _files(job: Job) -> list[Path]:
    return [Path(f"{job.stem}{ending}") for ending in (LABELS, OVERLAY, REPAIRS)]


def _record(job: Job, regions: RegionMap, repair: Repair) -> dict[str, Any]:
    height, width = regions.label.shape
    return {
        "page": job.page,
        "size": [width, height],
        "regions": regions.n_regions,
        "background": regions.background,
    } | repair.as_dict()


def _write(job: Job, made: Segmented) -> None:
    regions, repair, picture = made
    labels, overlaid, repairs = _files(job)
    record = _record(job, regions, repair)
    with draft(labels) as path:
        png.save(path, Image.fromarray(png.id_pixels(regions.label.numpy())))
    with draft(overlaid) as path:
        png.save(path, Image.fromarray(picture))
    with draft(repairs) as path:
        path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _asked(cfg: RegionsConfig) -> list[Job]:
    """What to segment. Raises UserError for what a person can mend."""
    if cfg.ball is not None and cfg.ball < 0:
        raise UserError(f"ball={cfg.ball}: give a radius in pixels, 0 to leave gaps open", 2)
    check_result(cfg.output / RESULT, "regions")
    try:
        return find_jobs(cfg.input, cfg.output)
    except (OSError, ValueError) as fault:
        raise UserError(str(fault)) from None
