"""The Python interface: a colorizer holds a generator and is called on one drawing after another.

    from colorrl import Colorizer

    colorizer = Colorizer.from_pretrained("tiny")
    page = colorizer("datasets/demo/castle.png", palette="#d22f27,#f1b31c,#92d3f5", n=4)
    page.composite  # (H, W, 3) uint8: the line over the flats
    page.save("castle", ["composite", "psd", "alternatives"])

`colorrl colorize` is the same for folders: both stand on paint.colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from colorrl.config.compose import check, plain
from colorrl.config.composed import composed
from colorrl.config.schema.pages import ColorizeConfig
from colorrl.config.typed import build, near_miss
from colorrl.device import pick_device
from colorrl.export.journal import file_sha
from colorrl.export.painted import Source
from colorrl.images.folder import read_drawing
from colorrl.images.image import Drawing, check_size, drawing_of
from colorrl.pages.colorize_page import Generator, PageJob, color
from colorrl.pages.constraints.hints import Hints, read_hints
from colorrl.pages.result import Colored
from colorrl.pages.settings import check_asked, settings_of
from colorrl.pages.sheet.reading import palette_of, read_sheet
from colorrl.pages.sheet.sheet import Sheet
from colorrl.palette import Palette, palette_from
from colorrl.policy.pipeline import load_generator

Picture = str | Path | Image.Image | NDArray[np.uint8]
# keys of `colorrl colorize` that speak of one page
KEYS = (
    "seed",
    "n_steps",
    "only_palette",
    "leave_blank",
    "colour_background",
    "drop_blue",
    "trace_lines",
    "trap",
    "gap",
    "consistent",
    "line_layer",
    "layers",
)


class Colorizer:
    """Colours drawings one at a time, region-exact at their own size."""

    def __init__(self, generator: Generator, name: str, device: torch.device) -> None:
        """``name`` identifies the generator. See ``from_pretrained``."""
        self.generator, self.name, self.device = generator, name, device

    @classmethod
    def from_pretrained(cls, name: str = "tiny", device: str = "auto") -> Colorizer:
        """A colorizer with the generator ``name``: a shipped one, a folder, a run's or a hub id.

        Raises UserError if it is missing or damaged.
        """
        where = pick_device(device)
        generator: Any = load_generator(name, where)
        return cls(generator, generator.fingerprint(), where)

    def __repr__(self) -> str:
        return f"Colorizer(weights {self.name[:8]}, {self.device})"

    def __call__(
        self,
        image: Picture,
        *,
        palette: str | Iterable[str] | Palette | None = None,
        sheet: Sheet | str | Path | None = None,
        hints: Hints | str | Path | Sequence[str | Path] | None = None,
        n: int = 1,
        **keys: Any,
    ) -> Colored:
        """``image``, a file, a PIL image or an array (H, W) or (H, W, 1 to 4) uint8, in colours.

        ``n`` is the samples of `colorrl colorize`: 1 is what several samples agree on, more are so
        many colourings, the best by the reference-free reward first. ``keys`` are its keys of the
        names in KEYS, with its defaults. Raises OSError or ValueError for what cannot be read or
        does not fit.
        """
        asked = _asked(n, keys)
        check_asked(asked, has_palette=palette is not None or sheet is not None)
        source, drawing = _drawing(image, asked.line_layer)
        if isinstance(sheet, str | Path):
            sheet = read_sheet(Path(sheet), asked.line_layer, asked.layers.line)
        settings = settings_of(asked, self.name, _palette(palette, sheet), sheet)
        if isinstance(hints, str | Path):
            hints = [hints]
        if hints is not None and not isinstance(hints, Hints):
            hints = read_hints([Path(h) for h in hints], drawing.shape)
        job = PageJob(source, self.generator, settings, self.device)
        return Colored(color(job, drawing, hints))


def _asked(n: int, keys: dict[str, Any]) -> ColorizeConfig:
    """The configuration of `colorrl colorize` with ``n`` samples and ``keys``."""
    unknown = next((key for key in keys if key not in KEYS), None)
    if unknown == "samples":
        raise TypeError("unknown key 'samples': in Python it is n=")
    if unknown is not None:
        raise TypeError(f"unknown key {unknown!r}{near_miss(unknown, KEYS)}")
    ours = defaults()
    values = {field.name: getattr(ours, field.name) for field in fields(ours)} | {"samples": n}
    asked: ColorizeConfig = build(ColorizeConfig, plain(values | keys))
    return asked


@cache
def defaults() -> ColorizeConfig:
    """conf/colorize.yaml and the groups it names."""
    found: ColorizeConfig = check("colorize", composed("colorize", ["input=a", "output=b"]))
    return found


def _drawing(image: Picture, line_layer: str | None) -> tuple[Source, Drawing]:
    if isinstance(image, str | Path):
        path = Path(image)
        return Source(path.name, path, file_sha(path), line_layer), read_drawing(path, line_layer)
    picture = image if isinstance(image, Image.Image) else Image.fromarray(_array(image))
    check_size(*picture.size)
    return Source("", Path(), "", None), drawing_of(picture)


def _array(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if not isinstance(image, np.ndarray):
        kind = type(image).__name__
        raise TypeError(f"an image is a path, a PIL image or an array, one at a time, not {kind}")
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise ValueError(f"an array must be (H, W[, C]) uint8, got {image.dtype} {image.shape}")
    return image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image


def _palette(value: str | Iterable[str] | Palette | None, sheet: Sheet | None) -> Palette | None:
    if isinstance(value, Palette):
        return value
    return palette_of(sheet) if value is None else palette_from(value)
