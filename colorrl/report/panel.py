"""Pictures a person looks at: line art, truth and colourings side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor
from torchvision.utils import make_grid

from colorrl.report.fonts import label_font
from colorrl.types import SketchBatch

N_SHOWN = 12
FONT = 13  # px


def rows_of(sketch: SketchBatch, versions: Mapping[str, Tensor], shown: int = N_SHOWN) -> Tensor:
    """(3, H', W') grid: a row of line art, of the truth where known, and of each version, each with
    its name before it.

    ``versions`` are flats (N, 3, H, W) sRGB in [0, 1] by name; they are shown under the line art.
    """
    line = sketch.line[:shown].cpu()
    flats = {} if sketch.flats is None else {"truth": sketch.flats}
    rows = {"line art": line.expand(-1, 3, -1, -1)}
    rows |= {name: v[:shown].cpu() * line for name, v in {**flats, **versions}.items()}
    grid = make_grid(torch.cat(list(rows.values())), nrow=len(line), padding=2, pad_value=0.5)
    return torch.cat([_names(list(rows), grid.shape[1]), grid], dim=2)


def _names(names: Sequence[str], height: int) -> Tensor:
    """(3, height, W) a strip with one of ``names`` before each of as many rows of equal height."""
    font, row = label_font(FONT), height / len(names)
    width = 2 * FONT // 3 + max(round(font.getlength(name)) for name in names)
    strip = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(strip)
    for i, name in enumerate(names):
        draw.text((FONT // 3, (i + 0.5) * row), name, fill="black", font=font, anchor="lm")
    return pil_to_tensor(strip).float() / 255


def before_after(
    sketch: SketchBatch, before: Tensor, after: Tensor, columns: Mapping[str, Tensor]
) -> tuple[Tensor, list[dict[str, object]]]:
    """The grid of a run's panel, and its table: one row a sketch, with ``after``'s scores."""
    n = min(N_SHOWN, len(sketch))
    table: list[dict[str, object]] = [
        {"sketch": sketch.id[i], "image": after[i].cpu() * sketch.line[i].cpu()}
        | {name: float(values[i]) for name, values in columns.items()}
        for i in range(n)
    ]
    return rows_of(sketch, {"before": before, "after": after}, n), table
