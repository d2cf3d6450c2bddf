"""The pretraining objective: flow matching with x0-prediction (Lipman et al., arXiv 2210.02747).

x_t = (1 - t) x0 + t x1, x1 drawn from the noise model the sampler uses (correlated within regions).
"""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.policy.entries import PointingPolicy
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import noise_model
from colorrl.types import RegionBatch, SketchBatch

# sRGB: a palette's entries are read off the flats, so that only rounding parts them
SAME = 1e-3


def shift_time(u: Tensor, shift: float) -> Tensor:
    """Times in [0, 1] moved towards noise (1) for shift > 1 (Esser et al., arXiv 2403.03206)."""
    return shift * u / (1 + (shift - 1) * u)


def pixel_weight(regions: RegionBatch) -> Tensor:
    """(N, H, W) weights summing to 1 per image: half per pixel, half per region.

    Per pixel alone, eyes and buttons count for nothing; regions are weighted as rewards do.
    """
    region_index = regions.region_index.flatten(1)
    ones = regions.weight.new_ones(()).expand(region_index.shape)
    owned = torch.zeros_like(regions.weight).scatter_add(
        1, region_index, ones
    )  # whole numbers: exact
    per_pixel = (regions.weight / owned.clamp(min=1)).gather(1, region_index)
    uniform = 1.0 / per_pixel.shape[1]
    total = per_pixel.sum(1, keepdim=True)  # 0 where a sketch has no region but background
    half = 0.5 * uniform + 0.5 * per_pixel / total.clamp(min=1e-8)
    weight = torch.where(total > 0, half, uniform)
    return weight.view(regions.region_index.shape)


def target(sketch: SketchBatch) -> Tensor:
    """(N, 3, H, W) sRGB in [0, 1]: flats, or the rendering on white paper where it is asked for.

    Raises ValueError where the batch does not hold them.
    """
    if sketch.flats is None:
        raise ValueError("flow matching needs flats: this batch holds line art alone")
    if sketch.rendering is None:
        return sketch.flats
    if sketch.fill is None:  # only here is the mask read, for which a GPU's queue has to run dry
        if sketch.rendering.any():
            raise ValueError("renderings are asked for: this batch holds flats alone")
        return sketch.flats
    alpha = sketch.fill[:, 3:]
    shaded = sketch.fill[:, :3] * alpha + 1 - alpha
    return torch.where(sketch.rendering[:, None, None, None], shaded, sketch.flats)


def x0_error(policy: Policy, sketch: SketchBatch, t: Tensor, seeds: Tensor, rho: float) -> Tensor:
    """(N,) weighted squared error of the predicted clean image at times ``t`` (N,).

    Noise of sample i is a function of seeds[i].
    """
    x0 = target(sketch) * 2 - 1
    predicted = policy.predict(noised(policy, x0, sketch, t, seeds, rho), t, policy.encode(sketch))
    return _error(predicted, x0, sketch)


def x0_and_entry_error(
    policy: PointingPolicy, sketch: SketchBatch, t: Tensor, seeds: Tensor, rho: float
) -> tuple[Tensor, Tensor]:
    """`x0_error`, and (N,) the cross entropy of each region's palette entry, by region weight.

    The expected colour is then learned as a choice among the palette: where the squared error
    is flat between two wrong colours, the cross entropy is not. Regions whose colour is no
    palette entry do not count.
    """
    x0 = target(sketch) * 2 - 1
    state = noised(policy, x0, sketch, t, seeds, rho)
    mix = policy.predict_mix(state, t, policy.encode(sketch))
    entry = region_entry(sketch)  # (N, S), 0 = none
    surprise = -mix.log_share.gather(2, entry[..., None])[..., 0]
    weight = sketch.regions.weight * (entry > 0)
    surprise = torch.where(weight > 0, weight * surprise, 0.0).sum(1)
    return _error(mix.expected(), x0, sketch), surprise


def pretraining_errors(
    policy: Policy, sketch: SketchBatch, t: Tensor, seeds: Tensor, rho: float, entry_weight: float
) -> tuple[Tensor, Tensor]:
    """(N,) each: x0 error, and cross entropy of palette entries, 0 for a policy without any."""
    if entry_weight > 0 and isinstance(policy, PointingPolicy):
        return x0_and_entry_error(policy, sketch, t, seeds, rho)
    error = x0_error(policy, sketch, t, seeds, rho)
    return error, torch.zeros_like(error)


def noised(
    policy: Policy, x0: Tensor, sketch: SketchBatch, t: Tensor, seeds: Tensor, rho: float
) -> Tensor:
    """(N, 3, H, W) the state at times ``t`` (N,) on the way from ``x0`` to noise."""
    return policy.space.noised(x0, t, noise_model(policy, sketch, 1, rho), seeds)


def region_entry(sketch: SketchBatch) -> Tensor:
    """(N, R+1) int64: 1 + the palette entry that each region wears in the flats, 0 = none.

    Raises ValueError for a batch without flats and palette.
    """
    if sketch.flats is None or sketch.palette is None or sketch.share is None:
        raise ValueError("palette entries of regions need flats and a palette")
    region_index, n_slots = sketch.regions.region_index.flatten(1), sketch.regions.n_slots
    color = sketch.flats.new_full(
        (len(region_index), n_slots, 3), -1.0
    )  # -1: a slot without pixels
    index = region_index[..., None].expand(-1, -1, 3)
    color = color.scatter(1, index, sketch.flats.flatten(2).transpose(1, 2))
    away = (color[:, :, None] - sketch.palette[:, None]).abs().amax(3)  # (N, R+1, K)
    away = away.masked_fill(sketch.share[:, None] == 0, torch.inf)
    nearest, entry = away.min(2)
    return torch.where(nearest < SAME, entry + 1, 0)


def _error(predicted: Tensor, x0: Tensor, sketch: SketchBatch) -> Tensor:
    return ((predicted - x0) ** 2).mean(1).mul(pixel_weight(sketch.regions)).sum((1, 2))


def time_weight(t: Tensor, cap: float) -> Tensor:
    """min(1/t^2, cap): the v-prediction weighting with its pole cut off."""
    return (1 / t.clamp(min=1e-4) ** 2).clamp(max=cap)
