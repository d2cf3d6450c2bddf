"""A reward term, a loss, a network, a data set and a file format as written outside the package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from colorrl.data.source import Drawing, Rendering
from colorrl.export.painted import Painted
from colorrl.learn.loss import Surrogate
from colorrl.policy.space import PIXELS, Pixels
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


def weighted_ratio(logp: Tensor, logp_old: Tensor, advantage: Tensor, count: Tensor) -> Surrogate:
    """-A (ratio - 1) per dimension without a clip, of the image (N,) or of each region (N, R+1)."""
    elements = count.sum(1)
    log_ratio = logp - logp_old
    image = log_ratio.sum(1) / elements
    if advantage.dim() == 1:
        loss = -advantage * image.expm1()
    else:
        loss = -(advantage * (log_ratio / elements[:, None]).expm1()).sum(1)
    none = torch.zeros_like(loss)
    return Surrogate(loss, image.detach(), none, none, none)


class Tint(ModelMixin, ConfigMixin):
    """A network that predicts the line art in one learned colour."""

    space: ClassVar[Pixels] = PIXELS

    @register_to_config
    def __init__(self, size: int = 64) -> None:
        super().__init__()
        self.tint = nn.Parameter(torch.zeros(3))

    def encode(self, sketch: SketchBatch) -> LineArt:
        return LineArt(sketch.line)

    def predict(self, x: Tensor, t: Tensor, encoding: LineArt) -> Tensor:
        return encoding.line * self.tint.view(1, 3, 1, 1).tanh() + 0 * x


@dataclass(frozen=True, slots=True)
class LineArt:
    """What `Tint` knows of N sketches."""

    line: Tensor  # (N, 1, H, W)

    def repeat(self, n: int) -> LineArt:
        return LineArt(self.line.repeat_interleave(n, 0))
