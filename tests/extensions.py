"""A reward term, a data set and a file format as somebody outside the package would write them."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from colorrl.data.source import Drawing, Rendering
from colorrl.export.painted import Painted
from colorrl.rewards.reading import Reading
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class Brightness:
    """Mean lightness of the picture, L / 100 in [0, 1]. Cheated by a white page."""

    reads_regions: ClassVar[bool] = False
    role: str
    weight: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        return TermScore(reading.lab[:, 0].mean((1, 2)) / 100)


@dataclass(frozen=True, slots=True)
class Squares:
    """``n`` drawings of two boxes side by side, in two colours."""

    n: int

    @property
    def origin(self) -> str:
        return f"{self.n} squares"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        names = [f"상자{i:02}" for i in range(self.n)]
        splits = ("val", "test", "train")
        return [Drawing(name, name, splits[min(i, 2)]) for i, name in enumerate(names)]

    def render(self, id: str, size: int) -> Rendering | str:
        i = int(id[-2:])
        line = np.full((size, size), 255, np.uint8)
        fill = np.zeros((size, size, 4), np.uint8)
        top, left, middle, end = size // 8, size // 8 + i, size // 2 + i, size - size // 8
        fill[top:end, left:middle] = (210, 47, 39, 255)
        fill[top:end, middle:end] = (92, 158, 49 + i, 255)
        for x in (left, middle, end):
            line[top : end + 2, x : x + 2] = 0
        for y in (top, end):
            line[y : y + 2, left : end + 2] = 0
        return Rendering(line, fill, None)


def write_colors(path: Path, page: Painted) -> None:
    """The colours of the page's regions, one a line."""
    rows = ("#{:02x}{:02x}{:02x}".format(*color) for color in page.colors[1:])
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
