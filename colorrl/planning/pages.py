"""Clean states as pages that a search compares."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from colorrl.color import srgb_to_lab
from colorrl.policy.protocol import Policy
from colorrl.rewards.cheats.given import painted_regions
from colorrl.rewards.reading import paint, region_mean
from colorrl.rewards.total import TotalReward
from colorrl.types import SketchBatch


def decoded(
    policy: Policy, x0: Tensor, encoding: Any, sketch: SketchBatch, *, snapped: bool
) -> Tensor:
    """Pages (N, 3, H, W) of clean states, as they are or ``snapped`` to the palette."""
    image = policy.space.decode(x0, encoding)
    return snapped_to_palette(image, sketch) if snapped else image


def snapped_to_palette(image: Tensor, sketch: SketchBatch) -> Tensor:
    """``image`` (N, 3, H, W) with each region in the entry nearest to its mean colour in CIELAB.

    The background is paper. Raises ValueError for sketches without a palette.
    """
    if sketch.palette is None or sketch.share is None:
        raise ValueError(f"'{sketch.id[0]}' has no palette to snap to: give one, or snapped=false")
    mean = srgb_to_lab(region_mean(image, sketch.regions), 2)
    away = torch.cdist(mean, srgb_to_lab(sketch.palette, 2))
    entry = away.masked_fill((sketch.share == 0)[:, None], torch.inf).argmin(2)
    color = sketch.palette.gather(1, entry[..., None].expand(-1, -1, 3))
    shown = torch.where(painted_regions(sketch)[..., None], color, 1.0)
    return paint(shown, sketch.regions.region_index)


def rewards(reward: TotalReward, page: Tensor, sketch: SketchBatch) -> Tensor:
    """(N,) total at the reward's final tolerances of pages (N, 3, H, W), each on its own."""
    return reward.score(page, sketch, torch.arange(len(sketch)), progress=1.0).total
