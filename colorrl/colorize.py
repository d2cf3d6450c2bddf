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
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from colorrl.config import ColorizeConfig, LayerNames, UserError
from colorrl.data.batch import collate
from colorrl.data.folder import read_drawing
from colorrl.data.image import luma, strokes
from colorrl.device import pick_device
from colorrl.export import formats, journal
from colorrl.export.jobs import Job, find_jobs, raise_failed
from colorrl.export.painted import Painted, Pixels, Source, Swatch, as_bytes
from colorrl.page import Page, fit, owners, region_colours, region_confidence
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
    """All that decides a page's files besides the page and which of them are asked for."""

    generator: str  # fingerprint of the generator
    seed: int
    n_steps: int | None  # None = the generator's own
    palette: Palette | None
    only_palette: bool  # every region takes the nearest colour of the palette
    colour_background: bool  # False = the paper around the drawing stays bare
    line_layer: str | None  # of a PSD or ORA
    trap: int | None  # px of colour under the line, None = to its middle
    layers: LayerNames

    def sha(self) -> str:
        values = asdict(replace(self, palette=None))
        if self.palette is not None:
            values["palette"] = [self.palette.colours.tolist(), self.palette.names]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()


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
            page = paint(source, generator, settings, device)
            # noted only now: a file that cannot be read claims no names
            journal.note(output, now)
            formats.write(kinds, job.stem, page)
            journal.note(output, journal.finished(output, files, last, now))
            report.coloured.append(job.page)
        except (OSError, ValueError, MemoryError, journal.Conflict) as fault:
            report.failed[job.page] = str(fault) or type(fault).__name__
    return report


def paint(
    source: Source, generator: Generator, settings: Settings, device: torch.device
) -> Painted:
    """One sketch coloured. OSError or ValueError for a bad file."""
    drawing = read_drawing(source.path, source.line_layer)
    line = luma(drawing)
    regions = segment(strokes(drawing))
    page = fit(line, regions, generator.size, settings.palette)
    # by content, not by name or place: a renamed page keeps its colours
    seed = seed_of(settings.seed, int(regions.sha[:15], 16))
    batch = collate([page.sketch]).to(device)
    image = generator.sample(batch, torch.tensor([seed]), settings.n_steps)[0].cpu()
    colours, confidence = page_colours(page, image, settings)
    return Painted(
        source=source,
        line=drawing,
        owner=owners(regions, settings.trap),
        colours=colours,
        bare=bare_regions(page, settings),
        confidence=confidence,
        palette=_listed(settings.palette),
        layers=settings.layers,
    )


def page_colours(
    page: Page, image: Tensor, settings: Settings
) -> tuple[Pixels, NDArray[np.float32]]:
    """(R+1, 3) the regions' colours in ``image`` (3, S, S) as ``settings`` allow them, and
    (R+1,) how sure of them the generator is."""
    colours = region_colours(page, image)
    confidence = region_confidence(page, image, colours)
    if settings.only_palette and settings.palette is not None:
        colours = settings.palette.colours[nearest(colours, settings.palette.colours)]
    return as_bytes(colours.numpy()), confidence.numpy()


def bare_regions(page: Page, settings: Settings) -> NDArray[np.bool_]:
    """(R+1,) True for the regions that stay paper: what nobody owns, and the background."""
    bare = np.zeros(page.regions.n_regions + 1, np.bool_)
    bare[[0] if settings.colour_background else [0, page.regions.background]] = True
    return bare


def _listed(palette: Palette | None) -> tuple[Swatch, ...]:
    if palette is None:
        return ()
    colours = as_bytes(palette.colours.numpy()).tolist()
    return tuple(Swatch((r, g, b), n) for (r, g, b), n in zip(colours, palette.names, strict=True))


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
