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


class Pairs:
    """Line art and flats as a pipeline trains on them: encoded once, for any number of times.

    Without guidance. Raises ValueError for a batch without flats.
    """

    def __init__(self, policy: HubPolicy, sketch: SketchBatch) -> None:
        self.policy = copy.copy(policy)
        self.policy.condition = replace(policy.condition, guidance=1.0)
        self.sketch = sketch
        with torch.no_grad():
            self.x0 = policy.space.encode(target(sketch))
        self.encoding = self.policy.encode(sketch)

    def loss(self, t: Tensor, seeds: Tensor) -> Tensor:
        """(N,) mean squared error of the network's own prediction at times ``t`` (N,).

        Noise of sample i is a function of seeds[i].
        """
        policy = self.policy
        state = noised(policy, self.x0, self.sketch, t, seeds, rho=0.0)
        predicted = policy.predict(state, t, self.encoding)
        kind = "flow" if policy.alphas is None else policy.networks.scheduler.config.prediction_type
        return loss_weight(kind, t) * ((predicted - self.x0) ** 2).flatten(1).mean(1)
