"""A few held-out line arts as files of several modes: a folder for `colorrl colorize`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from colorrl.data.preparation.manifest import Entry
from colorrl.data.preparation.render import Pixels, read_layers, render_line

SIZE = 512  # pixels


def _gray(line: Pixels) -> Image.Image:
    return Image.fromarray(line)


def _rgb(line: Pixels) -> Image.Image:
    return Image.fromarray(line).convert("RGB")


def _transparent(line: Pixels) -> Image.Image:
    """Black ink on nothing, as drawing programs save a line layer."""
    rgba = np.zeros((*line.shape, 4), np.uint8)
    rgba[..., 3] = 255 - line
    return Image.fromarray(rgba)


def _indexed(line: Pixels) -> Image.Image:
    return Image.fromarray(line).quantize(16)


Mode = Callable[[Pixels], Image.Image]
SKETCHES: dict[str, tuple[str, Mode]] = {
    "castle.png": ("1F3F0", _gray),
    "도자기 인형.png": ("1F38E", _rgb),
    "거북이.png": ("1F422", _transparent),
    "grapes.png": ("1F347", _indexed),
    "sofa.png": ("1F6CB", _rgb),
    "straw hat.png": ("1F452", _gray),
    "card index.png": ("1F4C7", _gray),
    "커피집.png": ("E20C", _transparent),
    "동물/열대어.png": ("1F420", _gray),
    "동물/dodo.png": ("1F9A4", _rgb),
    "동물/turkey.png": ("1F983", _indexed),
    "탈것/로켓.png": ("1F680", _transparent),
    "탈것/소방차.png": ("1F692", _gray),
    "탈것/jeep.png": ("1F699", _rgb),
}


def write_demo(folder: Path, source: Path, entries: Sequence[Entry]) -> None:
    """Write SKETCHES below ``folder`` from the SVG files of ``source``.

    Raises ValueError if one of them is not in the test split of ``entries``: a demo shows
    drawings that no shipped model has seen.
    """
    held_out = {e.id for e in entries if e.split == "test"}
    seen = sorted({name for name, _ in SKETCHES.values()} - held_out)
    if seen:
        raise ValueError(
            f"the demo's drawings {', '.join(seen)} are not in the test split; "
            "write it with the default data.seed, screen and split"
        )
    for name, (drawing, mode) in SKETCHES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        line = render_line(read_layers(source / f"{drawing}.svg"), SIZE)
        mode(line).save(path, optimize=True)
