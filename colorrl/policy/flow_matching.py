"""The pretraining objective: flow matching with x0-prediction (Lipman et al., arXiv 2210.02747).

x_t = (1 - t) x0 + t x1, x1 drawn from the noise law the sampler uses (correlated within regions).
"""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.policy.noise import draw_noise
from colorrl.types import Policy, RegionBatch, SketchBatch


def shift_time(u: Tensor, shift: float) -> Tensor:
    """Times in [0, 1] moved towards noise (1) for shift > 1 (Esser et al., arXiv 2403.03206)."""
    return shift * u / (1 + (shift - 1) * u)


def pixel_weight(regions: RegionBatch) -> Tensor:
    """(N, H, W) weights summing to 1 per image: half per pixel, half per region.

    Per pixel alone, eyes and buttons count for nothing; regions are weighted as rewards do.
    """
    n_slots = regions.n_slots
    owned = torch.nn.functional.one_hot(regions.owner.flatten(1), n_slots).sum(1)  # (N, R+1)
    per_pixel = (regions.weight / owned.clamp(min=1)).gather(1, regions.owner.flatten(1))
    uniform = 1.0 / per_pixel.shape[1]
    total = per_pixel.sum(1, keepdim=True)  # 0 where a sketch has no region but background
    half = 0.5 * uniform + 0.5 * per_pixel / total.clamp(min=1e-8)
    weight = torch.where(total > 0, half, uniform)
    return weight.view(regions.owner.shape)


def x0_error(policy: Policy, sketch: SketchBatch, t: Tensor, seeds: Tensor, rho: float) -> Tensor:
    """(N,) weighted squared error of the predicted clean image at times ``t`` (N,).

    ``sketch.flats`` (N, 3, H, W) is the target; noise of sample i is a function of seeds[i].
    """
    if sketch.flats is None:
        raise ValueError("flow matching needs flats: this batch holds line art alone")
    x0 = sketch.flats * 2 - 1
    noise = draw_noise(sketch.regions.owner, sketch.regions.n_slots, rho, seeds)
    time = t[:, None, None, None]
    predicted = policy.predict((1 - time) * x0 + time * noise, t, policy.encode(sketch))
    return ((predicted - x0) ** 2).mean(1).mul(pixel_weight(sketch.regions)).sum((1, 2))


def time_weight(t: Tensor, cap: float) -> Tensor:
    """min(1/t^2, cap): the v-prediction weighting with its pole cut off."""
    return (1 / t.clamp(min=1e-4) ** 2).clamp(max=cap)
