"""A small network for the value of a denoising state: the reward it is expected to end with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from colorrl.policy.region_layers import TimeEmbedding, region_matrix
from colorrl.types import SketchBatch


class RegionValue(nn.Module):
    """V(x0^(x_t), t, sketch): reads each region of the predicted clean image, then pools.

    Rewards are judgements of regions' colours, and so is this. ``read`` takes in what does not
    learn, once; ``forward`` is what learns. ``truth``: whether the true flats are read too.
    """

    def __init__(self, width: int, truth: bool) -> None:
        super().__init__()
        self.truth = truth
        n_features = 13 if truth else 7
        self.region = nn.Sequential(
            nn.Linear(n_features, width), nn.GELU(), nn.Linear(width, width), nn.GELU()
        )
        self.time = TimeEmbedding(width)
        self.out = nn.Sequential(nn.Linear(3 * width, width), nn.GELU(), nn.Linear(width, 1))
        nn.init.zeros_(self.out.get_parameter("2.weight"))
        nn.init.zeros_(self.out.get_parameter("2.bias"))

    def read(self, x0: Tensor, sketch: SketchBatch) -> Tensor:
        """(N, R+1, F) of predicted images (N, 3, H, W) in [-1, 1] for N sketches.

        Features: mean colour and spread, weight in the reward, whether the slot exists and is the
        background; with ``truth`` the true colour and the distance to it by channel.
        """
        regions = sketch.regions
        member = region_matrix(regions.region_index, regions.n_slots).flatten(2)  # (N, R+1, HW)
        n = member.sum(2, keepdim=True)
        member = member / n.clamp(min=1)
        pixels = x0.flatten(2).transpose(1, 2)  # (N, HW, 3)
        mean = member @ pixels
        spread = (member @ pixels.square() - mean.square()).clamp(min=0).sum(2, keepdim=True)
        paper = torch.zeros_like(regions.area).scatter_(1, regions.background[:, None], 1.0)
        known = torch.stack([regions.weight, (n[..., 0] > 0).float(), paper], 2)
        features = torch.cat([mean, spread.sqrt(), known], 2)
        if not self.truth:
            return features
        if sketch.flats is None:
            raise ValueError(
                f"the value reads true flats and sketch '{sketch.id[0]}' has none: "
                "set learn.advantage.function.network.truth=false"
            )
        true = member @ (2 * sketch.flats - 1).flatten(2).transpose(1, 2)
        return torch.cat([features, true, (mean - true).abs()], 2)

    def forward(self, reading: Tensor, t: Tensor) -> Tensor:
        """Values (N,) in units of reward, of readings (N, R+1, F) at times ``t`` (N,)."""
        weight, exists = reading[..., 4:5], reading[..., 5:6]
        region = self.region(reading)
        heavy = (weight * region).sum(1)
        even = (exists * region).sum(1) / exists.sum(1).clamp(min=1)
        return self.out(torch.cat([heavy, even, self.time(t)], 1))[:, 0]
