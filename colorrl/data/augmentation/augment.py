"""Other views, lines and colourings of a sketch. Pure functions of a sketch and a seed.

Colours change on the palette: each region follows its entry, and the rendered fill moves by as
much as its region did, so that shading stays.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Generator, Tensor

from colorrl.config.schema.data import AugmentConfig
from colorrl.config.schema.words import PaletteCondition
from colorrl.data.augmentation.hint import dotted
from colorrl.data.augmentation.line_art import redraw
from colorrl.data.augmentation.view import mirror, picture_of, random_affine, warp, zoom
from colorrl.data.colors import MAX_PALETTE, paint, palette_of, region_colors
from colorrl.data.palette_condition import condition_palette
from colorrl.seeding import seed_of
from colorrl.types import Sketch

# Luma of sRGB (ITU-R BT.601): what a hue rotation about grey approximately keeps
LUMA = (0.299, 0.587, 0.114)


def augment(
    sketch: Sketch, seed: int, cfg: AugmentConfig, condition: PaletteCondition = "shares"
) -> Sketch:
    """``sketch`` changed at random as ``cfg`` allows, the same for the same ``seed``.

    A changed palette is conditioned on as ``condition`` says. Raises ValueError for a sketch
    without flats and palette.
    """
    zooms = torch.Generator().manual_seed(seed_of(seed, 1))
    if _uniform(zooms) < cfg.zoom:
        sketch = zoom(sketch, cfg.max_zoom, zooms)
    deals = torch.Generator().manual_seed(seed_of(seed, 4))
    if _uniform(deals) < cfg.scatter:
        sketch = scatter(sketch, deals)
    sketch = condition_palette(sketch, condition)
    sketch = redraw(recast(sketch, seed, cfg), seed_of(seed, 2), cfg)
    asks = torch.Generator().manual_seed(seed_of(seed, 3))
    if _uniform(asks) < cfg.rendering:
        sketch = replace(sketch, rendering=True)
    if _uniform(asks) < cfg.hint:
        sketch = dotted(sketch, 1 + int(_uniform(asks) * cfg.max_hints), asks)
    return sketch


def recast(sketch: Sketch, seed: int, cfg: AugmentConfig) -> Sketch:
    """``sketch`` mirrored, moved and in other colours, and its palette conditioned otherwise."""
    draw = torch.Generator().manual_seed(seed)
    chance = torch.rand(8, generator=draw).tolist()
    palette, _ = _colors(sketch)
    if chance[0] < cfg.flip:
        sketch = mirror(sketch)
    if chance[6] < cfg.warp:
        sketch = warp(sketch, random_affine(sketch.line.shape[-1], cfg, draw))
    if chance[1] < cfg.invent:
        palette = torch.rand(palette.shape, generator=draw)
    if chance[2] < cfg.rotate_hue:
        palette = rotate_hue(palette, _uniform(draw) * 2 * math.pi)
    if chance[3] < cfg.permute:
        palette = palette[torch.randperm(len(palette), generator=draw)]
    sketch = shuffle_palette(recolor(sketch, palette), draw)
    if chance[4] < cfg.distract:
        sketch = distract(sketch, 1 + int(_uniform(draw) * cfg.max_distractors), draw)
    if chance[7] < cfg.forget_shares:
        sketch = condition_palette(sketch, "colors")
    return condition_palette(sketch, "none") if chance[5] < cfg.drop_palette else sketch


def recolor(sketch: Sketch, palette: Tensor) -> Sketch:
    """``sketch`` with its palette's entries replaced by those of ``palette`` (K, 3), row by row.

    Unpainted regions stay white. Returned as it is if nothing changes.
    """
    old, share = _colors(sketch)
    if torch.equal(palette, old) or not share.any():
        return sketch
    color = region_colors(picture_of(sketch), sketch.regions)  # (R+1, 4)
    entry = torch.cdist(color[:, :3], old).argmin(1)
    return replace(_repainted(sketch, color, palette[entry]), palette=palette)


def scatter(sketch: Sketch, draw: Generator) -> Sketch:
    """``sketch`` with every painted region in a palette entry drawn for it alone.

    A region then says nothing about its own colour or another's. Shares are of what is painted.
    """
    palette, share = _colors(sketch)
    if not share.any():
        return sketch
    color = region_colors(picture_of(sketch), sketch.regions)  # (R+1, 4)
    new = palette[torch.randint(len(palette), (len(color),), generator=draw)]
    palette, share = palette_of(new, color[:, 3] > 0, sketch.regions)
    return replace(_repainted(sketch, color, new), palette=palette, share=share)


def _repainted(sketch: Sketch, color: Tensor, new: Tensor) -> Sketch:
    """``sketch`` with regions' ``color`` (R+1, 4) replaced by ``new`` (R+1, 3) where painted."""
    painted = color[:, 3:] > 0
    new = torch.where(painted, new, 1.0)
    fill = sketch.fill
    if fill is not None:
        moved = paint(torch.where(painted, new - color[:, :3], 0.0), sketch.regions.region_index)
        fill = torch.cat([(fill[:3] + moved).clamp_(0, 1), fill[3:]])
    return replace(sketch, flats=paint(new, sketch.regions.region_index), fill=fill)


def rotate_hue(colors: Tensor, angle: float) -> Tensor:
    """``colors`` (K, 3) sRGB turned by ``angle`` radians about grey, luma kept, clipped."""
    c, s = math.cos(angle), math.sin(angle) / math.sqrt(3)
    gray = torch.ones(3, 3) / 3
    cross = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
    turned = colors @ (c * torch.eye(3) + (1 - c) * gray + s * cross).T
    luma = torch.tensor(LUMA)
    return (turned + ((colors - turned) @ luma)[:, None]).clamp(0, 1)


def shuffle_palette(sketch: Sketch, draw: Generator) -> Sketch:
    """The palette in another order: it must not reveal which entry is the largest."""
    palette, share = _colors(sketch)
    order = torch.randperm(len(palette), generator=draw)
    return replace(sketch, palette=palette[order], share=share[order])


def distract(sketch: Sketch, n: int, draw: Generator) -> Sketch:
    """``n`` random colours more in the palette, as far as there is room, at a small share.

    They are given a tenth of the mean share: a share of 0 would mean that they are not there.
    """
    palette, share = _colors(sketch)
    n = min(n, MAX_PALETTE - len(palette))
    if n <= 0 or not share.any():
        return sketch
    extra = torch.rand(n, 3, generator=draw)
    grown = torch.cat([share, torch.full((n,), 0.1 / len(share))])
    order = torch.randperm(len(grown), generator=draw)
    return replace(
        sketch, palette=torch.cat([palette, extra])[order], share=(grown / grown.sum())[order]
    )


def _colors(sketch: Sketch) -> tuple[Tensor, Tensor]:
    if sketch.palette is None or sketch.share is None:
        raise ValueError(f"{sketch.id} has no palette to change")
    return sketch.palette, sketch.share


def _uniform(draw: Generator) -> float:
    return float(torch.rand((), generator=draw))
