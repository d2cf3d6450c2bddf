"""Corrections as a training set: pairs for ``data=folder``, or preferences for a reward model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.utils import save_image

from colorrl.errors import UserError
from colorrl.export import regions
from colorrl.export.draft import draft
from colorrl.export.painted import Painted, Pixels, as_bytes, rgb_of
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
IMAGES = "images"
PAIRS, PREFERENCES, SAMPLES = "pairs", "preferences", "samples"
LINES, COLORS = "lines", "colours"
# colours (R+1, 3) and what stays paper (R+1,)
Colorings = Sequence[tuple[Pixels, NDArray[np.bool_]]]


def folder_of(output: Path, kind: str) -> Path:
    """Where corrections of ``kind`` lie. Raises ValueError where that is outside ``output``."""
    folder = output / FOLDER / kind
    for place in (folder / LINES, folder / COLORS, folder / IMAGES):
        if not place.resolve().is_relative_to(output.resolve()):
            raise ValueError(f"{place} is a link out of the folder: make a folder of it")
    return folder


def save_pair(page: OpenPage) -> Path:
    """The drawing of ``page`` and its flats as two PNGs of one name. The folder of all pairs."""
    folder = folder_of(page.job.output, PAIRS)
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
    painted = regions.read(page.json)
    before = _first(page, painted)
    if (before[0] == painted.colors).all() and (before[1] == painted.bare).all():
        raise ValueError(f"{page.job.page} was not corrected: there is no preference")
    folder, name = folder_of(page.job.output, PREFERENCES), _name(page.job.page)
    colorings = [(painted.colors, painted.bare), before]
    question = _question(folder, name, painted, colorings, size)
    _add(folder, replace(question, order=(0, 1), by="person"))
    return folder


def save_samples(painted: Painted, output: Path, size: int) -> Path:
    """The alternatives of ``painted`` at ``size`` px, to be ranked. What is ranked stays."""
    folder = folder_of(output, PREFERENCES)
    name = _name(f"{painted.source.page} {SAMPLES}")
    if any(q.id == name and q.order is not None for q in _saved(folder)):
        return folder
    colorings = [(one.colors, painted.bare) for one in painted.alternatives]
    _add(folder, _question(folder, name, painted, colorings, size))
    return folder


def _question(
    folder: Path, name: str, painted: Painted, colorings: Colorings, size: int
) -> Question:
    """An open question ``name`` with the pictures that it shows, in ``folder``."""
    palette = _palette(painted)
    sketch, kept = _sketch(painted, size, palette)
    files = tuple(f"{IMAGES}/{name}-{k}.png" for k in range(len(colorings)))
    for file, (colors, bare) in zip(files, colorings, strict=True):
        shown = np.where(bare[:, None], 255, colors)
        shown = np.concatenate([shown, shown[:1]])[np.minimum(kept, len(shown))]
        picture = torch.from_numpy(shown / np.float32(255))[sketch.regions.label.long()]
        _save(folder / file, partial(save_image, picture.permute(2, 0, 1), format="png"))
    line, ids = f"{IMAGES}/{name}-line.png", f"{IMAGES}/{name}-regions.png"
    _save(folder / line, partial(save_image, sketch.line, format="png"))
    _save(folder / ids, partial(save_regions, sketch.regions))
    return Question(
        id=name,
        sketch=painted.source.page,
        line=line,
        regions=ids,
        colourings=files,
        palette=() if palette is None else tuple(_hexes(palette)),
        share=() if palette is None else (round(1 / len(palette), 6),) * len(palette),
    )


def _save(path: Path, write: Callable[[Path], None]) -> None:
    with draft(path) as file:
        write(file)


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _first(page: OpenPage, painted: Painted) -> tuple[Pixels, NDArray[np.bool_]]:
    """The colours that ``page`` was first given, and what stayed paper."""
    colors, bare = painted.colors.copy(), painted.bare.copy()
    for region, row in page.rows.items():
        bare[region] = row["base"] is None
        if row["base"] is not None:
            colors[region] = rgb_of(row["base"])
    return colors, bare


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


def _saved(folder: Path) -> list[Question]:
    try:
        return read_rankings(folder) if (folder / FILE).exists() else []
    except UserError as fault:
        raise ValueError(str(fault)) from None


def _add(folder: Path, question: Question) -> None:
    write_rankings(folder, [*(q for q in _saved(folder) if q.id != question.id), question])
