"""Corrections as a training set: pairs for ``data=folder``, or preferences for a reward model."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.utils import save_image

from colorrl.color import parse_hex
from colorrl.errors import UserError
from colorrl.export import regions
from colorrl.export.draft import draft
from colorrl.export.painted import Painted, as_bytes
from colorrl.export.png import save, write_flats
from colorrl.images.image import luma, over_white, strokes
from colorrl.pages.page import fit
from colorrl.palette import Palette
from colorrl.preferences.pictures import save_regions
from colorrl.preferences.rankings import FILE, Question, read_rankings, write_rankings
from colorrl.regions.graph import partition
from colorrl.regions.ink import ink_mask
from colorrl.studio.open_page import OpenPage
from colorrl.types import Sketch

FOLDER = "corrections"  # in the output folder
PAIRS, PREFERENCES = "pairs", "preferences"
LINES, COLORS = "lines", "colours"


def save_pair(page: OpenPage) -> Path:
    """The drawing of ``page`` and its flats as two PNGs of one name. The folder of all pairs."""
    folder = page.job.output / FOLDER / PAIRS
    name = f"{page.job.stem.relative_to(page.job.output).as_posix()}.png"
    painted = regions.read(page.json)
    with draft(folder / LINES / name) as file:
        save(file, Image.fromarray(over_white(painted.line).squeeze()))
    with draft(folder / COLORS / name) as file:
        write_flats(file, painted)
    return folder


def save_preference(page: OpenPage, size: int) -> Path:
    """The page of a person over the page as it was first coloured, at ``size`` px.

    Replaces what was saved of the page before. Raises ValueError for a page without corrections.
    """
    folder = page.job.output / FOLDER / PREFERENCES
    (folder / "images").mkdir(parents=True, exist_ok=True)
    painted = regions.read(page.json)
    before = _first(page, painted)
    same = (before.colors == painted.colors).all() and (before.bare == painted.bare).all()
    if same:
        raise ValueError(f"{page.job.page} wears what it was first given: there is no preference")
    palette = _palette(painted)
    sketch, kept = _sketch(painted, size, palette)
    name = hashlib.sha256(page.job.page.encode()).hexdigest()[:12]
    files = tuple(f"images/{name}-{k}.png" for k in range(2))
    for file, one in zip(files, (painted, before), strict=True):
        colors = np.where(one.bare[:, None], 255, one.colors)
        colors = np.concatenate([colors, colors[:1]])[np.minimum(kept, len(colors))]
        picture = torch.from_numpy(colors / np.float32(255))[sketch.regions.label.long()]
        save_image(picture.permute(2, 0, 1), folder / file)
    save_image(sketch.line, folder / f"images/{name}-line.png")
    save_regions(sketch.regions, folder / f"images/{name}-regions.png")
    question = Question(
        id=name,
        sketch=page.job.page,
        line=f"images/{name}-line.png",
        regions=f"images/{name}-regions.png",
        colourings=files,
        palette=() if palette is None else tuple(_hexes(palette)),
        share=() if palette is None else (round(1 / len(palette), 6),) * len(palette),
        order=(0, 1),
        by="person",
    )
    _add(folder, question)
    return folder


def _first(page: OpenPage, painted: Painted) -> Painted:
    """``painted`` in the colours that ``page`` was first given."""
    colors, bare = painted.colors.copy(), painted.bare.copy()
    for region, row in page.rows.items():
        bare[region] = row["base"] is None
        if row["base"] is not None:
            colors[region] = as_bytes(np.array(parse_hex(row["base"]), np.float32))
    return replace(painted, colors=colors, bare=bare)


def _sketch(painted: Painted, size: int, palette: Palette | None) -> tuple[Sketch, np.ndarray]:
    """What the generator sees, and (R'+1,) the region of the page behind each of its regions."""
    label = np.where(ink_mask(strokes(painted.line)), 0, painted.region_index).astype(np.int32)
    page = fit(luma(painted.line), partition(label, painted.source.sha), size, palette)
    return page.sketch, page.kept


def _palette(painted: Painted) -> Palette | None:
    if not painted.palette:
        return None
    colors = torch.tensor([swatch.color for swatch in painted.palette]) / 255
    return Palette(colors, tuple(swatch.name for swatch in painted.palette))


def _hexes(palette: Palette) -> list[str]:
    return ["#" + bytes(color).hex() for color in as_bytes(palette.colors.numpy())]


def _add(folder: Path, question: Question) -> None:
    try:
        before = read_rankings(folder) if (folder / FILE).exists() else []
    except UserError as fault:
        raise ValueError(str(fault)) from None
    write_rankings(folder, [*(q for q in before if q.id != question.id), question])
