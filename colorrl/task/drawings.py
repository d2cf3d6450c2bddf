"""Small drawings from a seed, for tests and first steps: no prepared set is needed."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.data.colors import paint, palette_of
from colorrl.regions.segment import segment
from colorrl.seeding import seed_of
from colorrl.types import Sketch

CELLS = 3  # shapes stand on a grid of so many cells a side
COLORS = (
    torch.tensor([[210, 47, 39], [252, 234, 43], [92, 158, 49], [30, 80, 160], [146, 211, 245]])
    / 255
)


def small_drawings(n: int, size: int = 32, seed: int = 0) -> list[Sketch]:
    """``n`` drawings of 2 to 6 shapes in 2 to 5 colours."""
    draw = np.random.default_rng(seed_of(seed, 22))
    shapes = draw.integers(2, 7, n)
    colors = np.minimum(draw.integers(2, 6, n), shapes)
    return [
        small_drawing(seed_of(seed, i), size, int(r), int(k))
        for i, (r, k) in enumerate(zip(shapes, colors, strict=True))
    ]


def small_drawing(seed: int, size: int, n_shapes: int, n_colors: int) -> Sketch:
    """``n_shapes`` (1 to 9) separate shapes, a region each, in ``n_colors`` (1 to 5) colours."""
    draw = np.random.default_rng(seed_of(seed, n_shapes, n_colors))
    shape = np.zeros((size, size), np.int32)  # which shape a pixel lies in, from 1; 0 = none
    line = np.ones((size, size), np.float32)
    for n, cell in enumerate(draw.permutation(CELLS**2)[:n_shapes], 1):
        middle = (np.array(divmod(int(cell), CELLS)) + 0.5) * size / CELLS
        mask = _shape(size, middle, draw.uniform(0.25, 0.45, 2) * size / CELLS, box=bool(n % 2))
        shape[mask > 0] = n
        line[(mask > 0) & (cv2.erode(mask, np.ones((3, 3), np.uint8)) == 0)] = 0.0
    regions = segment(line, ball=0)
    palette = draw.permutation(len(COLORS))[draw.permutation(np.arange(n_shapes) % n_colors)]
    drawn = np.zeros(regions.n_regions + 1, np.int64)  # the shape of each region
    inside = (shape > 0) & (regions.label.numpy() > 0)
    drawn[regions.label.numpy()[inside]] = shape[inside]
    color = torch.cat([torch.ones(1, 3), COLORS[torch.from_numpy(palette)]])[drawn]
    painted = torch.from_numpy(drawn > 0)
    entries, share = palette_of(color, painted, regions)
    return Sketch(
        id=f"drawn {seed}",
        line=torch.from_numpy(line)[None],
        regions=regions,
        flats=paint(color, regions.region_index),
        alpha=paint(painted[:, None].float(), regions.region_index),
        palette=entries,
        share=share,
    )


def _shape(
    size: int, middle: NDArray[np.float64], half: NDArray[np.float64], *, box: bool
) -> NDArray[np.uint8]:
    """(size, size) 1 inside a box or an ellipse about ``middle``, row and column."""
    row, column = (np.abs(np.arange(size) + 0.5 - m) / h for m, h in zip(middle, half, strict=True))
    away = np.maximum(row[:, None], column) if box else np.hypot(row[:, None], column)
    return (away <= 1).astype(np.uint8)
