"""The record of a palette, and what every reader and writer hands over: colours with names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

RGB = tuple[float, float, float]  # sRGB in [0, 1]
Entry = tuple[RGB, str]  # a colour and its name, "" if it has none

# As many tokens as a generator can attend to; the largest swatch libraries have about 2,400.
MAX_COLORS = 4096
MAX_NAME = 255  # characters
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True, repr=False)
class Palette:
    """K colours in their order."""

    colors: Tensor  # (K, 3) float32 sRGB in [0, 1]
    names: tuple[str, ...]  # K names, "" where a colour has none

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Palette({len(self)} colours)"


def palette_with(entries: Sequence[Entry]) -> Palette:
    """The palette of ``entries``. Raises ValueError if there are none or too many."""
    if not entries:
        raise ValueError("holds no colours")
    if len(entries) > MAX_COLORS:
        raise ValueError(f"holds {len(entries)} colours; keep the {MAX_COLORS} you need")
    colors, names = zip(*entries, strict=True)
    rgb = torch.tensor(colors, dtype=torch.float32).clamp(0, 1)
    return Palette(rgb, tuple(map(one_line, names)))


def entries_of(palette: Palette) -> list[Entry]:
    """Colours of ``palette`` clipped to [0, 1] with names that fit a line. Raises ValueError."""
    if not len(palette):
        raise ValueError("the palette has no colours to write")
    if not palette.colors.isfinite().all():
        raise ValueError("a colour of the palette is not a number")
    rows = palette.colors.clamp(0, 1).tolist()
    return [((r, g, b), one_line(n)) for (r, g, b), n in zip(rows, palette.names, strict=True)]


def one_line(name: str) -> str:
    """``name`` as every format can hold it: one line without control characters."""
    whole = name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(CONTROL.sub(" ", whole).split())[:MAX_NAME].rstrip()
