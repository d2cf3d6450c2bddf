"""Drawings as region tokens learn them: small in memory, and augmented without drawing flats.

A pretraining step of region tokens is short, so that what `augment` does to a whole sketch (flats,
fill, neighbours of every region at every view) would take most of it. Here a view is two warps, and
colours change on the palette alone. A view may come in several colourings and conditions: the line
art is then read once for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from colorrl.config.schema.data import AugmentConfig
from colorrl.data.augmentation.augment import rotate_hue
from colorrl.data.augmentation.line_art import redraw
from colorrl.data.augmentation.view import random_affine
from colorrl.data.colors import MAX_PALETTE, palette_of
from colorrl.regions.graph import region_weight
from colorrl.seeding import seed_of
from colorrl.types import Partition, RegionBatch, RegionMap, Sketch, SketchBatch


@dataclass(frozen=True, slots=True)
class Drawing:
    """One pair of line art and flats, packed."""

    id: str
    line: NDArray[np.uint8]  # (H, W), 255 = paper
    region_index: NDArray[np.int16]  # (H, W) the region that each pixel belongs to
    entry: NDArray[np.int64]  # (R+1,) 1 + the palette entry of each region, 0 = unpainted
    palette: Tensor  # (K, 3) sRGB in [0, 1]
    background: int


@dataclass(frozen=True, slots=True)
class Row:
    """A colouring of a view, and how much of its palette is given."""

    palette: Tensor  # (K, 3) sRGB in [0, 1]
    share: Tensor  # (K,) as given, all 0 = nothing
    true_share: Tensor  # (K,) of the painted area; 0 = a colour that no region has
    entry: Tensor  # (R+1,) int64, 1 + palette entry of each region, 0 = unpainted


@dataclass(frozen=True, slots=True)
class View:
    """A line art as it is seen at one step, in one or more colourings."""

    id: str
    line: Tensor  # (1, H, W)
    region_index: Tensor  # (H, W) int64
    area: NDArray[np.float32]  # (R+1,)
    background: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """N line arts in M rows: what a step learns from."""

    sketch: SketchBatch  # (N), without palette
    view: Tensor  # (M,) int64, the line art of each row
    palette: Tensor  # (M, K, 3)
    share: Tensor  # (M, K), a row of 0 = no palette
    true_share: Tensor  # (M, K)
    entry: Tensor  # (M, S) int64
    weight: Tensor  # (M, S) what each region counts, 0 where there is none

    def to(self, device: torch.device) -> TokenBatch:
        """Its copy on ``device``."""
        moved = {f.name: getattr(self, f.name).to(device) for f in fields(self)}
        return replace(self, **moved)


def drawing_of(
    name: str, line: NDArray[np.uint8], regions: Partition | RegionMap, color: Tensor
) -> Drawing:
    """The drawing ``name`` of a ``line`` (H, W); ``color`` (R+1, 4) sRGB and 1 where painted."""
    painted = color[:, 3] > 0
    palette, _ = palette_of(color[:, :3], painted, regions)
    entry = 1 + torch.cdist(color[:, :3], palette).argmin(1)
    return Drawing(
        id=name,
        line=line,
        region_index=regions.region_index.short().numpy(),
        entry=torch.where(painted, entry, 0).numpy(),
        palette=palette,
        background=regions.background,
    )


def view_of(drawing: Drawing, seed: int, n_rows: int, cfg: AugmentConfig) -> View:
    """``drawing`` moved and redrawn as ``cfg`` allows, in ``n_rows`` colourings, the same for the
    same ``seed``."""
    draw = torch.Generator().manual_seed(seed)
    line, region_index = _moved(drawing, cfg, draw)
    regions = region_index.astype(np.int64)
    area = np.bincount(regions.ravel(), minlength=len(drawing.entry)).astype(np.float32)
    moved = torch.from_numpy(line)[None].float() / 255
    at = torch.from_numpy(regions)
    moved = _redrawn(moved, at, drawing, seed_of(seed, 2), cfg)
    rows = tuple(recolored(drawing, area, cfg, draw) for _ in range(n_rows))
    return View(drawing.id, moved, at, area, drawing.background, rows)


def recolored(
    drawing: Drawing, area: NDArray[np.float32], cfg: AugmentConfig, draw: Generator
) -> Row:
    """One colouring of ``drawing`` whose regions have the ``area`` (R+1,), and what is given of it.

    Without a palette there is nothing to say that the colours are others: they stay the true ones.
    """
    chance = torch.rand(7, generator=draw).tolist()
    palette, entry = drawing.palette, drawing.entry
    counted = area.copy()
    counted[[0, drawing.background]] = 0
    owned = np.bincount(entry, counted, len(palette) + 1)[1:]
    share = torch.from_numpy(owned / max(1.0, owned.sum())).float()
    if chance[0] < cfg.drop_palette:
        return Row(palette, torch.zeros_like(share), share, torch.from_numpy(entry))
    if chance[1] < cfg.invent:
        palette = torch.rand(palette.shape, generator=draw)
    if chance[2] < cfg.rotate_hue:
        palette = rotate_hue(palette, chance[3] * 2 * math.pi)
    if chance[4] < cfg.permute:
        palette = palette[torch.randperm(len(palette), generator=draw)]
    given = share
    n_more = min(1 + int(chance[6] * cfg.max_distractors), MAX_PALETTE - len(palette))
    if chance[5] < cfg.distract and n_more > 0:
        palette = torch.cat([palette, torch.rand(n_more, 3, generator=draw)])
        given = torch.cat([given, torch.full((n_more,), 0.1 / len(share))])
        share = torch.cat([share, torch.zeros(n_more)])
    if float(torch.rand((), generator=draw)) < cfg.forget_shares:
        given = (given > 0).float()
    order = torch.randperm(len(palette), generator=draw)
    place = torch.cat([torch.zeros(1, dtype=torch.long), 1 + order.argsort()])
    given = given[order] / given.sum().clamp(min=1e-6)
    return Row(palette[order], given, share[order], place[torch.from_numpy(entry)])


def _moved(
    drawing: Drawing, cfg: AugmentConfig, draw: Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """Line and owner map mirrored, turned, scaled and shifted; new paper is background."""
    flip, warp, zoom, grow, right, down = torch.rand(6, generator=draw).tolist()
    line, region_index = drawing.line, drawing.region_index
    if flip < cfg.flip:
        line, region_index = line[:, ::-1], region_index[:, ::-1]
    size = line.shape[0]
    matrix = np.eye(2, 3)
    if warp < cfg.warp:
        matrix = random_affine(size, cfg, draw)
    if zoom < cfg.zoom:
        scale = 1 + grow * (cfg.max_zoom - 1)
        corner = np.array([right, down]) * (size - size / scale)
        matrix = scale * (matrix - np.column_stack([np.zeros((2, 2)), corner]))
    if np.array_equal(matrix, np.eye(2, 3)):
        return np.ascontiguousarray(line), np.ascontiguousarray(region_index)
    moved = cv2.warpAffine(np.ascontiguousarray(line), matrix, (size, size), borderValue=255)
    regions = cv2.warpAffine(
        np.ascontiguousarray(region_index), matrix, (size, size), flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT if drawing.background else cv2.BORDER_REPLICATE,
        borderValue=drawing.background,
    )  # fmt: skip
    return np.asarray(moved, np.uint8), np.asarray(regions, np.int16)


def _redrawn(
    line: Tensor, region_index: Tensor, drawing: Drawing, seed: int, cfg: AugmentConfig
) -> Tensor:
    """``line`` (1, H, W) as other pens and scanners give it, but for gaps: they need what lies
    across the line, which a `Drawing` does not keep."""
    if not (cfg.width or cfg.tone or cfg.paper):
        return line
    none = torch.zeros(0)
    regions = RegionMap(
        region_index,
        region_index,
        none,
        torch.zeros(len(drawing.entry)),
        none,
        none,
        none,
        0,
        drawing.id,
    )
    return redraw(Sketch(drawing.id, line, regions), seed, replace(cfg, gaps=0.0)).line


def collate_views(views: Sequence[View], n_palette: int) -> TokenBatch:
    """One padded batch of ``views``; their rows stand one view after the other."""
    n_slots = max(len(v.area) for v in views)
    region_index = torch.stack([v.region_index for v in views])
    rows = [(i, row) for i, view in enumerate(views) for row in view.rows]
    entry = torch.zeros(len(rows), n_slots, dtype=torch.long)
    palette = torch.ones(len(rows), n_palette, 3)
    share, true_share = torch.zeros(2, len(rows), n_palette).unbind(0)
    for j, (_, row) in enumerate(rows):
        entry[j, : len(row.entry)] = row.entry
        palette[j, : len(row.palette)] = row.palette
        share[j, : len(row.share)] = row.share
        true_share[j, : len(row.true_share)] = row.true_share
    area, weight = torch.zeros(2, len(views), n_slots).unbind(0)
    for i, view in enumerate(views):
        area[i, : len(view.area)] = torch.from_numpy(view.area)
        weight[i, : len(view.area)] = torch.from_numpy(_weight(view.area, view.background))
    index = torch.tensor([i for i, _ in rows])
    return TokenBatch(_lines(views, region_index, area), index, palette, share, true_share, entry,
                      weight[index])  # fmt: skip


def _weight(area: NDArray[np.float32], background: int) -> NDArray[np.float32]:
    """`region_weight`, and for the background, which is to be recognised too, a region's half."""
    weight = region_weight(area, background)
    if background > 0 and area[background] > 0:
        weight[background] = 0.5 / max(1, int((area > 0).sum()) - 1)
    return weight


def _lines(views: Sequence[View], region_index: Tensor, area: Tensor) -> SketchBatch:
    n = len(views)
    none = torch.zeros(n, 0)
    regions = RegionBatch(
        label=region_index,
        region_index=region_index,
        across=region_index,
        area=area,
        weight=area,
        edges=torch.zeros(n, 0, 2, dtype=torch.long),
        contact=none,
        background=torch.tensor([v.background for v in views]),
    )
    return SketchBatch(tuple(v.id for v in views), torch.stack([v.line for v in views]), regions)
