"""What the reward benchmark scores: pages of many regions and colourings that are wrong in part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorrl.data.batch import collate
from colorrl.data.colors import palette_of
from colorrl.regions.graph import build
from colorrl.rewards.reading import paint
from colorrl.types import RegionMap, Sketch, SketchBatch

MARGIN = 0.08  # of the side: paper around the regions
BLOCK = 8  # pixels along each side of what is painted wrong


def sketches(n: int, size: int, n_regions: int, seed: int) -> SketchBatch:
    """``n`` pages of ``size`` px with ``n_regions`` Voronoi cells each on paper, lines of 1 px."""
    draw = np.random.default_rng(seed)
    return collate([_sketch(i, size, n_regions, draw) for i in range(n)])


def colourings(sketch: SketchBatch, seed: int) -> Tensor:
    """(N, 3, H, W): the flats, a third of the regions recoloured, a tenth of the page stained."""
    draw = torch.Generator().manual_seed(seed)
    n, slots = sketch.regions.area.shape
    assert sketch.flats is not None
    repainted = paint(torch.rand(n, slots, 3, generator=draw), sketch.regions.region_index)
    chosen = paint(
        (torch.rand(n, slots, 1, generator=draw) < 1 / 3).float(), sketch.regions.region_index
    )
    image = torch.where(chosen > 0, repainted, sketch.flats)
    cells = -(-sketch.line.shape[-1] // BLOCK)
    stain = torch.rand(n, 3, cells, cells, generator=draw)
    stained = torch.rand(n, 1, cells, cells, generator=draw) < 0.1
    stain, where = (_enlarged(x, sketch.line.shape[-1]) for x in (stain, stained))
    return torch.where(where, stain, image)


def _enlarged(cells: Tensor, size: int) -> Tensor:
    return cells.repeat_interleave(BLOCK, 2).repeat_interleave(BLOCK, 3)[..., :size, :size]


def _sketch(index: int, size: int, n_regions: int, draw: np.random.Generator) -> Sketch:
    regions = _cells(size, n_regions, draw)
    palette = torch.from_numpy(draw.random((n_regions // 3, 3)).astype(np.float32))
    color = palette[torch.from_numpy(draw.integers(0, len(palette), n_regions + 2))]
    color[[0, regions.background]] = 1.0
    region_index = regions.region_index.long()
    flats = color[region_index].permute(2, 0, 1).contiguous()
    kept, share = palette_of(color, torch.ones(n_regions + 2, dtype=torch.bool), regions)
    line = (regions.label > 0).float()[None]
    return replace(Sketch(f"page {index}", line, regions), flats=flats, palette=kept, share=share)


def _cells(size: int, n_regions: int, draw: np.random.Generator) -> RegionMap:
    """Each pixel inside the margin goes to the nearest of ``n_regions`` jittered grid points."""
    side = int(np.ceil(np.sqrt(n_regions)))
    grid = (
        np.stack(np.divmod(np.arange(n_regions), side), 1) + 0.25 + draw.random((n_regions, 2)) / 2
    )
    points: NDArray[np.float64] = (MARGIN + (1 - 2 * MARGIN) * grid / side) * size
    pixel = np.moveaxis(np.mgrid[:size, :size], 0, -1).reshape(-1, 1, 2)
    nearest = ((pixel - points) ** 2).sum(-1).argmin(1).reshape(size, size) + 2
    edge = round(MARGIN * size)
    region_index = np.ones((size, size), np.int64)  # 1 is the paper around
    region_index[edge : size - edge, edge : size - edge] = nearest[
        edge : size - edge, edge : size - edge
    ]
    ink = np.zeros((size, size), bool)
    ink[:, 1:] |= region_index[:, 1:] != region_index[:, :-1]
    ink[1:] |= region_index[1:] != region_index[:-1]
    return build(np.where(ink, 0, region_index).astype(np.int32), sha="")
