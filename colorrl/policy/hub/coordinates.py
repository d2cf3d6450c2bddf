"""States of variance-preserving models in the coordinates of flow matching, and back.

colorrl keeps every state as x_t = (1 - t) x0 + t x1, t from 1 (noise) to 0 (image). A model trained
with z = sqrt(a) x0 + sqrt(1 - a) x1 (Ho et al. 2020, arXiv 2006.11239; a is its alpha-bar) sees the
same direction at another length: z = x_t / hypot(1 - t, t), sqrt(a) = (1 - t) / hypot(1 - t, t).
"""

from __future__ import annotations

import torch
from torch import Tensor

PREDICTIONS = ("epsilon", "v_prediction", "sample")


def flow_time(alpha_bar: Tensor) -> Tensor:
    """The t whose noise-to-signal ratio t / (1 - t) is that of ``alpha_bar``; any shape, fp64."""
    signal, noise = alpha_bar.double().sqrt(), (1 - alpha_bar.double()).sqrt()
    return noise / (signal + noise)


def length(t: Tensor) -> Tensor:
    """hypot(1 - t, t): the length of x_t where the model's state has unit variance."""
    return torch.hypot(1 - t, t)


def nearest_timestep(t: Tensor, alphas_cumprod: Tensor) -> Tensor:
    """(N,) int64: the index of ``alphas_cumprod`` (S,) whose flow time is nearest ``t`` (N,)."""
    known = flow_time(alphas_cumprod).to(t.device)  # rises with the index
    above = torch.searchsorted(known, t.double().contiguous()).clamp(1, len(known) - 1)
    nearer_below = t.double() - known[above - 1] <= known[above] - t.double()
    return above - nearer_below.long()


def clean_image(kind: str, output: Tensor, z: Tensor, t: Tensor) -> Tensor:
    """x0 (N, ...) from a noise model's ``output`` at its state ``z`` and flow times ``t`` (N,).

    ``kind``: epsilon (the noise x1), v_prediction (sqrt(a) x1 - sqrt(1 - a) x0, Salimans & Ho 2022,
    arXiv 2202.00512) or sample (x0). Raises ValueError for another kind.
    """
    t = t.reshape(-1, *[1] * (z.dim() - 1))
    signal, noise = (1 - t) / length(t), t / length(t)
    if kind == "epsilon":
        return (z - noise * output) / signal
    if kind == "v_prediction":
        return signal * z - noise * output
    if kind == "sample":
        return output
    raise ValueError(f"prediction_type {kind!r} is none of {', '.join(PREDICTIONS)}")
