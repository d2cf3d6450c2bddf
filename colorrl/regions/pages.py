"""`colorrl regions`: the regions of every line art of a folder, and what was repaired in it."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from colorrl.config import UserError
from colorrl.data.folder import read_drawing
from colorrl.data.image import luma, strokes
from colorrl.export import journal, png
from colorrl.export.draft import draft
from colorrl.export.jobs import Job, find_jobs, raise_failed
from colorrl.regions.overlay import overlay
from colorrl.regions.repair import Repair
from colorrl.regions.segment import VERSION, segment_and_log
from colorrl.schema import RegionsConfig
from colorrl.track.result import write_result
from colorrl.types import RegionMap

LABELS, OVERLAY, REPAIRS = ".labels.png", ".overlay.png", ".repairs.json"
RESULT = "result.json"
log = logging.getLogger(__name__)

Segmenter = Callable[[np.ndarray], tuple[RegionMap, Repair]]


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found on a page."""

    regions: int
    gaps: int
    slivers: int


def main(cfg: RegionsConfig) -> None:
    """Segment ``cfg.input``. Raises UserError if a page fails, after all others are done."""
    started = time.monotonic()
    jobs = _asked(cfg)
    options: dict[str, Any] = {
        "ink_threshold": cfg.ink_threshold,
        "ball": cfg.ball,
        "min_area": cfg.min_area,
    }
    settings = hashlib.sha256(json.dumps([VERSION, options]).encode()).hexdigest()
    done, skipped, failed = segment_jobs(
        jobs,
        cfg.output,
        settings,
        lambda line: segment_and_log(line, **options),
        overwrite=cfg.overwrite,
    )
    values = {
        "pages/segmented": len(done),
        "pages/skipped": len(skipped),
        "pages/failed": len(failed),
        "regions": sum(c.regions for c in done.values()),
        "gaps": sum(c.gaps for c in done.values()),
        "slivers": sum(c.slivers for c in done.values()),
        "time/total_s": time.monotonic() - started,
    }
    write_result(cfg.output / RESULT, values, cfg)
    log.info(
        "%d segmented (%d regions, %d gaps closed), %d done before: %s",
        len(done),
        values["regions"],
        values["gaps"],
        len(skipped),
        cfg.output,
    )
    raise_failed(failed, len(done) + len(skipped))


def segment_jobs(
    jobs: Sequence[Job], output: Path, settings: str, segmenter: Segmenter, *, overwrite: bool
) -> tuple[dict[str, Counts], list[str], dict[str, str]]:
    """Labels, overlay and repairs of every job: pages done, skipped (done before) and failed.

    A page that fails is reported; the rest goes on.
    """
    name = journal.REGIONS
    before = journal.read(output, name)
    done: dict[str, Counts] = {}
    skipped: list[str] = []
    failed: dict[str, str] = {}
    for job in tqdm(jobs, desc="regions", unit="page"):
        try:
            now = journal.Entry(job.page, journal.file_sha(job.path), settings, None)
            files = [Path(f"{job.stem}{ending}") for ending in (LABELS, OVERLAY, REPAIRS)]
            last = before.get(job.page)
            if journal.is_done(output, files, last, now, overwrite):
                skipped.append(job.page)
                continue
            drawing = read_drawing(job.path)
            regions, repair = segmenter(strokes(drawing))
            picture = overlay(luma(drawing), regions, repair)
            # noted only now: a file that cannot be read claims no names
            journal.note(output, now, name)
            _write(files, regions, picture, _record(job, regions, repair))
            journal.note(output, journal.finished(output, files, last, now), name)
            done[job.page] = Counts(regions.n_regions, len(repair.gap), len(repair.sliver))
        except (OSError, ValueError, MemoryError, journal.Conflict) as fault:
            failed[job.page] = str(fault) or type(fault).__name__
    return done, skipped, failed


def _record(job: Job, regions: RegionMap, repair: Repair) -> dict[str, Any]:
    height, width = regions.label.shape
    return {
        "page": job.page,
        "size": [width, height],
        "regions": regions.n_regions,
        "background": regions.background,
    } | repair.as_dict()


def _write(files: Sequence[Path], regions: RegionMap, picture: np.ndarray, record: Any) -> None:
    labels, overlaid, repairs = files
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
    if (cfg.output / RESULT).exists() and not (cfg.output / journal.REGIONS).exists():
        raise UserError(f"{cfg.output / RESULT} is not of colorrl regions; choose another output")
    try:
        return find_jobs(cfg.input, cfg.output)
    except (OSError, ValueError) as fault:
        raise UserError(str(fault)) from None
