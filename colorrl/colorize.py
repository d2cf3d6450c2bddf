"""`colorrl colorize`: flats for every sketch of a folder, region-exact at the sketch's own size.

The generator proposes colours at its own small size; each full-resolution region takes one of
them. Pages are sampled one at a time: a page's colours never depend on its neighbours.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor
from tqdm import tqdm

from colorrl.config import ColorizeConfig, UserError
from colorrl.data.batch import collate
from colorrl.data.folder import read_line
from colorrl.device import pick_device
from colorrl.export import journal, png
from colorrl.export.jobs import Job, find_jobs
from colorrl.page import WHITE, Page, fit, region_colours
from colorrl.palette import Palette, nearest, palette_from
from colorrl.policy.pipeline import load_generator
from colorrl.regions.segment import segment
from colorrl.seeding import seed_of
from colorrl.track.result import write_result
from colorrl.types import SketchBatch

RESULT = "result.json"
log = logging.getLogger(__name__)


class Generator(Protocol):
    """What samples flats. ``size``: side of its square images in pixels."""

    @property
    def size(self) -> int: ...

    def sample(self, sketch: SketchBatch, seeds: Tensor, n_steps: int | None = None) -> Tensor:
        """Flats (N, 3, size, size) sRGB in [0, 1]."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """All that decides a page's colours besides the page."""

    generator: str  # fingerprint of the generator
    seed: int
    n_steps: int | None  # None = the generator's own
    palette: Palette | None
    only_palette: bool  # every region takes the nearest colour of the palette
    colour_background: bool  # False = the paper around the drawing stays white

    def sha(self) -> str:
        palette = None if self.palette is None else self.palette.colours.tolist()
        rest = (self.generator, self.seed, self.n_steps, self.only_palette, self.colour_background)
        return hashlib.sha256(json.dumps([palette, *rest]).encode()).hexdigest()


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
    )
    report = colorize_jobs(
        jobs, cfg.output, generator, settings, device=device, overwrite=cfg.overwrite
    )
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
    device: torch.device,
    overwrite: bool,
) -> Report:
    """Flats and composite of every job. A page that fails is reported; the rest goes on."""
    before, report = journal.read(output), Report([], [], {})
    for job in tqdm(jobs, desc="colorize", unit="page"):
        try:
            now = journal.Entry(job.page, journal.file_sha(job.path), settings.sha(), None)
            files = [job.flats, job.composite]
            if journal.is_done(output, files, before.get(job.page), now, overwrite):
                report.skipped.append(job.page)
                continue
            flats, composite = paint(job.path, generator, settings, device)
            # noted only now: a file that cannot be read claims no names
            journal.note(output, now)
            png.write_png(job.flats, flats)
            png.write_png(job.composite, composite)
            made = {f.relative_to(output).as_posix(): journal.file_sha(f) for f in files}
            journal.note(output, replace(now, made=made))
            report.coloured.append(job.page)
        except (OSError, ValueError, MemoryError, journal.Conflict) as fault:
            report.failed[job.page] = str(fault) or type(fault).__name__
    return report


def paint(
    path: Path, generator: Generator, settings: Settings, device: torch.device
) -> tuple[png.Pixels, png.Pixels]:
    """Flats and composite (H, W, 3) of one sketch. OSError or ValueError for a bad file."""
    line = read_line(path)
    regions = segment(line)
    page = fit(line, regions, generator.size, settings.palette)
    # by content, not by name or place: a renamed page keeps its colours
    seed = seed_of(settings.seed, int(regions.sha[:15], 16))
    batch = collate([page.sketch]).to(device)
    image = generator.sample(batch, torch.tensor([seed]), settings.n_steps)[0]
    colours = png.to_bytes(page_colours(page, image.cpu(), settings).numpy())
    flats = png.flats(regions.owner.numpy(), colours)
    return flats, png.composite(flats, line)


def page_colours(page: Page, image: Tensor, settings: Settings) -> Tensor:
    """(R+1, 3) sRGB: the regions' colours in ``image`` (3, S, S) as ``settings`` allow them."""
    colours = region_colours(page, image)
    if settings.only_palette and settings.palette is not None:
        colours = settings.palette.colours[nearest(colours, settings.palette.colours)]
    if not settings.colour_background:
        colours[page.regions.background] = WHITE
    return colours


def fingerprint(network: torch.nn.Module) -> str:
    """sha256 of a network's weights: pages made by other weights are not done."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode() + value.float().cpu().numpy().tobytes())
    return digest.hexdigest()


def _asked(cfg: ColorizeConfig) -> tuple[list[Job], Palette | None]:
    """What to colour, and in which palette. Raises UserError for what a person can mend."""
    if cfg.only_palette and cfg.palette is None:
        raise UserError("only_palette=true needs palette=#rrggbb,.. or a palette file", 2)
    if (cfg.output / RESULT).exists() and not (cfg.output / journal.NAME).exists():
        raise UserError(f"{cfg.output / RESULT} is not colorize's own; choose another output")
    try:
        palette = None if cfg.palette is None else palette_from(cfg.palette)
        return find_jobs(cfg.input, cfg.output), palette
    except (OSError, ValueError) as fault:
        raise UserError(str(fault)) from None


def _tell(report: Report, output: Path) -> None:
    log.info("%d coloured, %d done before: %s", len(report.coloured), len(report.skipped), output)
    if report.failed:
        total = sum(map(len, (report.coloured, report.skipped, report.failed)))
        rows = "\n".join(f"  {page}: {reason}" for page, reason in report.failed.items())
        raise UserError(f"{len(report.failed)} of {total} pages failed:\n{rows}")


if __name__ == "__main__":
    from colorrl.cli import run_verb

    run_verb("colorize")
