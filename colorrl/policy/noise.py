"""Gaussian noise that is correlated within regions, with its exact log-density and divergence.

Per channel, z = sqrt(rho) u[region] + sqrt(1 - rho) w: unit variance per pixel, one u per region,
so that a share rho of the noise moves a region's colour as a whole. rho = 0 is plain noise.
The covariance of a region of n pixels is C = (1 - rho) I + rho 1 1^T, with eigenvalues
1 - rho + n rho (along 1) and 1 - rho (n - 1 times), hence the closed forms below. Any number of
channels, which are independent; a pixel is one position of the state, so latents work alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

_CHUNK = 64  # regions whose u is drawn in one call; see _draw


@dataclass(frozen=True)
class NoiseModel:
    """How the noise of N states is shared within regions: what draws and densities need."""

    region_index: Tensor  # (N, H, W) int64, the region of each position, in [0, n_slots)
    n_slots: int  # R + 1
    rho: float
    channels: int = 3

    @cached_property
    def member(self) -> Tensor:
        """(N, n_slots, H W) fp32, 1 where a position belongs to a region. Built once."""
        return one_hot(self.region_index, self.n_slots)

    @cached_property
    def positions(self) -> Tensor:
        """(N, n_slots) fp32, positions of each region; 0 for padding."""
        return self.member.sum(2)

    def draw(self, seeds: Tensor) -> Tensor:
        """Noise (N, channels, H, W); see ``draw_noise``."""
        return draw_noise(self.region_index, self.n_slots, self.rho, seeds, self.channels)


def check_rho(rho: float) -> None:
    """Raises ValueError unless 0 <= rho < 1 (at 1 the density is singular)."""
    if not 0.0 <= rho < 1.0:
        raise ValueError(f"rho must lie in [0, 1), got {rho}: lower it")


def draw_noise(
    region_index: Tensor, n_slots: int, rho: float, seeds: Tensor, channels: int = 3
) -> Tensor:
    """Noise (N, channels, H, W) fp32 on ``region_index``'s device, correlated within regions.

    ``region_index`` (N, H, W) int64 region ids in [0, n_slots); ``seeds`` (N,) int64, one generator
    each: a sample depends neither on its batch mates nor on how far its regions are padded. It is
    drawn where it is used, so a kind of device has noise of its own: a processor's numbers, drawn
    one after the other, would take a GPU's step several times as long.
    """
    check_rho(rho)
    n, h, w = region_index.shape
    n_drawn = n_slots if rho > 0 else 0
    noise, regions = _draw(seeds.tolist(), (channels, h, w), n_drawn, region_index.device)
    if rho == 0:
        return noise
    # Products before the sum: a fused multiply-add rounds by its place in a vector register.
    shared = (regions * math.sqrt(rho)).transpose(1, 2)  # (N, channels, n_slots)
    index = region_index.reshape(n, 1, h * w).expand(n, channels, h * w)
    return noise.mul_(math.sqrt(1 - rho)).add_(shared.gather(2, index).view(n, channels, h, w))


def _draw(
    seeds: list[int], shape: tuple[int, ...], n_slots: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """w (N, *shape) and u (N, >= n_slots, channels), standard normal.

    u comes in whole chunks: a draw of k numbers is not a prefix of a draw of more.
    """
    n_chunks = -(-n_slots // _CHUNK)
    pixels = torch.empty(len(seeds), *shape, device=device)
    regions = torch.empty(len(seeds), n_chunks, _CHUNK, shape[0], device=device)
    generator = torch.Generator(device)
    for i, seed in enumerate(seeds):
        generator.manual_seed(seed)
        pixels[i].normal_(generator=generator)
        for chunk in range(n_chunks):
            regions[i, chunk].normal_(generator=generator)
    return pixels, regions.flatten(1, 2)


def one_hot(region_index: Tensor, n_slots: int) -> Tensor:
    """(N, n_slots, H W) fp32, 1 where a position belongs to a region."""
    flat = region_index.flatten(1).unsqueeze(1)  # (N, 1, HW)
    hot = torch.zeros(len(flat), n_slots, flat.shape[2], device=region_index.device)
    return hot.scatter_(1, flat, 1.0)


def logp_regions(d: Tensor, std: Tensor, noise: NoiseModel) -> Tensor:
    """Log-density of a transition summed per region over pixels and channels, (N, n_slots) nats.

    ``d`` (N, channels, H, W) = (x' - mean) / std; ``std`` > 0, a scalar or (N,), in the units of
    x'. fp32 whatever comes in. Empty slots give exactly 0, and the sum over slots is the image's
    log-density.
    """
    check_rho(noise.rho)
    n, rho = noise.positions, noise.rho
    std = torch.as_tensor(std, dtype=torch.float32, device=d.device).reshape(-1, 1)  # (N or 1, 1)
    log_det = (n - 1) * math.log1p(-rho) + torch.log1p(rho * (n - 1))
    constant = d.shape[1] * (n * (std.log() + 0.5 * math.log(2 * math.pi)) + 0.5 * log_det)
    logp = -0.5 * _mahalanobis(d, noise) - constant
    return torch.where(n > 0, logp, 0.0)


def logp_means(d: Tensor, std: Tensor, noise: NoiseModel) -> Tensor:
    """Log-density of each region's mean colour alone, (N, n_slots) nats: logp_regions' marginal.

    Arguments as there. The mean of n pixels has variance std^2 (1 - rho + n rho) / n, in each
    channel, and is independent of the pixels' deviations from it. A gradient through it moves
    whole regions; what a region looks like inside neither earns nor adds noise.
    """
    check_rho(noise.rho)
    n, rho = noise.positions, noise.rho
    std = torch.as_tensor(std, dtype=torch.float32, device=d.device).reshape(-1, 1)  # (N or 1, 1)
    sums = _sum_regions(d.float().flatten(2), noise.member)  # (N, channels, n_slots)
    variance = (1 - rho + n * rho) / n.clamp(min=1)  # of a mean, in units of std^2
    mean_square = (sums / n.clamp(min=1)[:, None]).square().sum(1)
    constant = d.shape[1] * (std.log() + 0.5 * (2 * math.pi * variance).log())
    return torch.where(n > 0, -0.5 * mean_square / variance - constant, 0.0)


def kl_regions(d: Tensor, noise: NoiseModel) -> Tensor:
    """Exact KL divergence of two transitions of one std, summed per region, (N, n_slots) nats.

    ``d`` (N, channels, H, W) = (mean - mean_ref) / std. With rho = 0 this is
    |mean - mean_ref|^2 / (2 std^2).
    """
    check_rho(noise.rho)
    return 0.5 * _mahalanobis(d, noise)


def _mahalanobis(d: Tensor, noise: NoiseModel) -> Tensor:
    """d^T C^-1 d per region, summed over channels, (N, n_slots)."""
    hot, n, rho = noise.member, noise.positions, noise.rho
    d = d.float().flatten(2)  # (N, channels, HW)
    if rho == 0:
        return _sum_regions(d.square().sum(1, keepdim=True), hot)[:, 0]
    sums = _sum_regions(torch.cat([d, d.square().sum(1, keepdim=True)], 1), hot)
    along = sums[:, :-1].square().sum(1) / n.clamp(min=1)  # n m^2 over channels
    return along / (1 - rho + n * rho) + (sums[:, -1] - along) / (1 - rho)


def _sum_regions(values: Tensor, hot: Tensor) -> Tensor:
    """(N, C, HW) summed over each region's pixels, (N, C, n_slots).

    A matrix product: scatter-adds are not deterministic on CUDA. In fp32 even under autocast.
    """
    with torch.autocast(values.device.type, enabled=False):
        return values @ hot.transpose(1, 2)
