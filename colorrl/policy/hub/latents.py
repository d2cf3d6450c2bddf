"""The space of a VAE's latents: states of C channels at a fraction of the picture's size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from colorrl.policy.hub.coordinates import length
from colorrl.policy.noise import NoiseModel
from colorrl.policy.transition import step
from colorrl.types import RegionBatch


@dataclass(frozen=True, slots=True)
class Latents:
    """A `StateSpace` of (N, channels, H / factor, W / factor), as the denoiser takes them."""

    vae: Any
    schedule: Callable[[int], Tensor]  # flow times of so many steps
    n_steps: int  # those it is sampled with: they say at which time a state begins
    flow: bool  # flow matching, where the first state is noise; else see `start`
    snap: bool  # each region of a picture takes its median colour

    @property
    def noisy(self) -> bool:
        return True

    @property
    def region_exact(self) -> bool:
        return self.snap

    @property
    def channels(self) -> int:
        return int(self.vae.config.latent_channels)

    @property
    def factor(self) -> int:
        """Pixels along each side of a latent's cell."""
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    def times(self, n_steps: int, shift: float) -> Tensor:
        """Those of the pipeline's scheduler, whose own configuration holds the shift."""
        return self.schedule(n_steps)

    def region_index(self, regions: RegionBatch) -> Tensor:
        """(N, h, w): the region that owns most pixels of a cell.

        A region with no cell has no density of its own, and learns from the whole image alone.
        """
        n, height, width = regions.region_index.shape
        f = self.factor
        cells = regions.region_index.view(n, height // f, f, width // f, f).transpose(2, 3)
        return cells.flatten(3).mode(3).values

    def start(self, noise: NoiseModel, seeds: Tensor) -> Tensor:
        """Noise, at the length of the first time where the model's own state has unit variance."""
        drawn = noise.draw(seeds)
        return drawn if self.flow else drawn * length(self.schedule(self.n_steps)[0]).item()

    def noised(self, x0: Tensor, t: Tensor, noise: NoiseModel, seeds: Tensor) -> Tensor:
        time = t.view(-1, 1, 1, 1)
        return (1 - time) * x0 + time * noise.draw(seeds)

    def move(self, x: Tensor, x0: Tensor, t: float, t_next: float, encoding: Any) -> Tensor:
        """Euler's step of the flow, which is DDIM's of a noise model."""
        return step("ode", x, x0, t, t_next, eta=0.0)[0]

    def encode(self, image: Tensor) -> Tensor:
        """Latents (N, C, h, w) fp32 of pictures (N, 3, H, W) in [0, 1]: the mode."""
        config = self.vae.config
        found = self.vae.encode(image.to(self.vae.dtype) * 2 - 1).latent_dist.mode().float()
        return (found - (config.shift_factor or 0.0)) * config.scaling_factor

    def decode(self, x0: Tensor, encoding: Any) -> Tensor:
        """Pictures (N, 3, H, W) in [0, 1]; where ``snap``, every region in one colour."""
        config = self.vae.config
        z = x0 / config.scaling_factor + (config.shift_factor or 0.0)
        image: Tensor = (self.vae.decode(z.to(self.vae.dtype)).sample.float() / 2 + 0.5).clamp(0, 1)
        return snapped(image, encoding.region_index) if self.snap else image


def snapped(image: Tensor, region_index: Tensor) -> Tensor:
    """``image`` (N, 3, H, W), each region of ``region_index`` (N, H, W) in its median, by channel.

    The lower of the two middle values. Its gradient is the middle pixel's.
    """
    n, channels, h, w = image.shape
    values = image.flatten(2)
    region = region_index.view(n, 1, h * w).expand(n, channels, -1)
    order = values.argsort(dim=2, stable=True)
    by_region = region.gather(2, order).argsort(dim=2, stable=True)
    ranked = values.gather(2, order.gather(2, by_region))  # by region, then by value
    count = torch.zeros(n, int(region_index.max()) + 1, dtype=torch.long, device=image.device)
    count.scatter_add_(1, region_index.flatten(1), torch.ones_like(region_index.flatten(1)))
    middle = (count.cumsum(1) - count + (count - 1).clamp(min=0) // 2).clamp(max=h * w - 1)
    median = ranked.gather(2, middle[:, None].expand(n, channels, -1))
    return median.gather(2, region).view(n, channels, h, w)
