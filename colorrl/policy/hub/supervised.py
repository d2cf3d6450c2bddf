"""A pipeline's own training loss on pairs of line art and flats, in flow coordinates.

A model that predicts the noise (or v, or the flow) is trained on the squared error of that; in
terms of the clean latent it is the squared error times a function of the time.
"""

from __future__ import annotations

import copy
from dataclasses import replace

import torch
from torch import Tensor

from colorrl.policy.flow_matching import noised, shift_time, target
from colorrl.policy.hub.coordinates import flow_time
from colorrl.policy.hub.policy import HubPolicy
from colorrl.types import SketchBatch


def training_times(policy: HubPolicy, u: Tensor, shift: float) -> Tensor:
    """(N,) flow times of ``u`` (N,) in [0, 1): the noise model's own timesteps, each as likely;
    of a flow model uniform times moved by ``shift``."""
    if policy.alphas is None:
        return shift_time(u.clamp(min=1e-4), shift)  # the loss has no value at 0
    alphas = policy.alphas.to(u.device)
    return flow_time(alphas[(u * len(alphas)).long()]).float()


def loss_weight(kind: str, t: Tensor) -> Tensor:
    """(N,) what an error of the clean latent counts at times ``t`` where the network predicts
    ``kind``: flow, or a noise model's prediction_type. Raises ValueError for another kind."""
    if kind == "flow":
        return 1 / t**2
    signal, noise = 1 - t, t
    if kind == "epsilon":
        return (signal / noise) ** 2
    if kind == "v_prediction":
        return (signal**2 + noise**2) / noise**2
    if kind == "sample":
        return torch.ones_like(t)
    raise ValueError(f"no loss is known for a prediction of {kind!r}")


def own_loss(policy: HubPolicy, sketch: SketchBatch, t: Tensor, seeds: Tensor) -> Tensor:
    """(N,) mean squared error of the network's own prediction at times ``t`` (N,).

    Without guidance. Noise of sample i is a function of seeds[i]. Raises ValueError for a batch
    without flats.
    """
    with torch.no_grad():
        x0 = policy.space.encode(target(sketch))
    plain = copy.copy(policy)
    plain.condition = replace(policy.condition, guidance=1.0)
    state = noised(plain, x0, sketch, t, seeds, rho=0.0)
    predicted = plain.predict(state, t, plain.encode(sketch))
    kind = "flow" if policy.alphas is None else policy.networks.scheduler.config.prediction_type
    return loss_weight(kind, t) * ((predicted - x0) ** 2).flatten(1).mean(1)
