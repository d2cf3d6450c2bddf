"""Pictures a person looks at: line art, truth and colourings side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torchvision.utils import make_grid

from colorrl.types import SketchBatch

N_SHOWN = 12


def rows_of(sketch: SketchBatch, versions: Sequence[Tensor], shown: int = N_SHOWN) -> Tensor:
    """(3, H', W') grid: a row of line art, of the truth where known, and of each version.

    ``versions`` are flats (N, 3, H, W) sRGB in [0, 1]; they are shown under the line art.
    """
    line = sketch.line[:shown].cpu()
    flats = [] if sketch.flats is None else [sketch.flats]
    pictures = [line.expand(-1, 3, -1, -1)]
    pictures += [v[:shown].cpu() * line for v in [*flats, *versions]]
    return make_grid(torch.cat(pictures), nrow=len(line), padding=2, pad_value=0.5)


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
    return rows_of(sketch, [before, after], n), table
