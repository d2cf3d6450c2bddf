"""A line art as other artists, pens and scanners give it. Pure functions of a line and a draw.

The regions are kept: they say what the artist means, and a line of another width, with gaps or on
grey paper means the same. So the network learns to read such pixels with regions found rightly;
that regions are found in spite of gaps is for colorrl/regions, and `data=procedural` has true gaps.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Generator, Tensor

from colorrl.config.schema.data import AugmentConfig
from colorrl.types import RegionMap, Sketch

CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def redraw(sketch: Sketch, seed: int, cfg: AugmentConfig) -> Sketch:
    """``sketch`` with its line changed as ``cfg`` allows, the same for the same ``seed``."""
    draw = torch.Generator().manual_seed(seed)
    chance = torch.rand(4, generator=draw).tolist()
    line = sketch.line
    if chance[0] < cfg.width:
        line = widened(line, float(2 * _uniform(draw) - 1) * cfg.max_width)
    if chance[1] < cfg.gaps:
        n = 1 + int(_uniform(draw) * cfg.max_gaps)
        line = with_gaps(line, sketch.regions, n, cfg.max_gap * line.shape[-1], draw)
    if chance[2] < cfg.tone:
        line = toned(line, sketch.regions, cfg.palest_ink, draw)
    if chance[3] < cfg.paper:
        line = on_paper(line, cfg.max_shade, cfg.max_grain, draw)
    return sketch if line is sketch.line else replace(sketch, line=line)


def widened(line: Tensor, by: float) -> Tensor:
    """``line`` (1, H, W) with strokes about 2 ``by`` pixels wider, -1 to 1; below 0 thinner.

    A stroke thinner than that grows pale, as one that is scanned small does.
    """
    image = line[0].numpy()
    moved = cv2.erode(image, CROSS) if by > 0 else cv2.dilate(image, CROSS)
    return torch.from_numpy(image + abs(by) * (moved - image))[None]


def with_gaps(line: Tensor, regions: RegionMap, n: int, longest: float, draw: Generator) -> Tensor:
    """``line`` (1, H, W) erased in ``n`` places between two regions, up to ``longest`` px each."""
    between = ((regions.label == 0) & (regions.across > 0)).nonzero()  # (M, 2)
    if len(between) == 0:
        return line
    at = between[torch.randint(len(between), (n,), generator=draw)].float()  # (n, 2)
    radius = (0.25 + 0.25 * torch.rand(n, generator=draw)) * longest
    y = torch.arange(line.shape[1])[:, None, None] - at[:, 0]
    x = torch.arange(line.shape[2])[None, :, None] - at[:, 1]
    bare = (radius + 0.5 - (y.square() + x.square()).sqrt()).clamp(0, 1).amax(2)  # (H, W)
    return line + (1 - line) * bare


def toned(line: Tensor, regions: RegionMap, palest: float, draw: Generator) -> Tensor:
    """``line`` (1, H, W) in grey ink, or every second time in another grey around each region.

    Coloured lines are such greys: a line art is read as its luma. ``palest`` is the weakest ink,
    1 = black.
    """
    n = regions.n_regions + 1
    each = palest + (1 - palest) * torch.rand(n, generator=draw)
    strength = each[regions.region_index.long()] if _uniform(draw) < 0.5 else each[0]
    return 1 - (1 - line) * strength


def on_paper(line: Tensor, max_shade: float, max_grain: float, draw: Generator) -> Tensor:
    """``line`` (1, H, W) on paper that is unevenly grey and has grain: as photographed or scanned.

    ``max_shade`` is how much darker the paper may be, ``max_grain`` the grain's largest standard
    deviation.
    """
    shade = torch.rand(3, 3, generator=draw) * max_shade * _uniform(draw)
    size = (line.shape[2], line.shape[1])
    uneven = cv2.resize(shade.numpy(), size, interpolation=cv2.INTER_LINEAR)
    grain = torch.randn(line.shape, generator=draw) * max_grain * _uniform(draw)
    paper = torch.from_numpy(np.asarray(1 - uneven, np.float32))
    return (line * paper + grain).clamp(0, 1)


def _uniform(draw: Generator) -> float:
    return float(torch.rand((), generator=draw))
