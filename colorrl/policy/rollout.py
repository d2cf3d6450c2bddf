"""Sampling colourings as an RL episode, and scoring the same transitions again.

One function (`transition`) computes a transition's mean and standard deviation; sampling and
update both call it on the stored states, so the ratio before the first update is exactly 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from colorrl.policy.guidance import guided
from colorrl.policy.noise import draw_noise, logp_means, logp_regions, one_hot
from colorrl.policy.transition import step, stochastic_steps, time_grid
from colorrl.seeding import seed_of
from colorrl.types import Policy, Rollout, SketchBatch


@dataclass(frozen=True, slots=True)
class Sampler:
    """How a rollout walks from noise to image.

    kind: flow_sde, cps, ddim or ode; eta: amount of noise of that kind; shift: time shift;
    rho: correlation of the noise within a region; window: (first, count) of the steps that
    are stochastic, or None for all of them (MixGRPO, arXiv 2507.21802).

    action: what of a transition is scored, ``pixels`` (the state) or ``regions`` (each region's
    mean colour, the marginal density). The states drawn are the same.

    guidance: how much palette and hints count, 1 = as the network predicts (``guided``).
    """

    kind: str
    n_steps: int
    eta: float
    shift: float
    rho: float
    window: tuple[int, int] | None = None
    action: str = "pixels"
    guidance: float = 1.0

    def grid(self) -> Tensor:
        """(T+1,) times from 1 to 0."""
        return time_grid(self.n_steps, self.shift)

    def stochastic(self) -> Tensor:
        """(T,) bool: steps that carry a log-density."""
        return stochastic_steps(self.kind, self.eta, self.grid(), self.window)


def transition(
    policy: Policy, code: Any, x: Tensor, sampler: Sampler, index: int
) -> tuple[Tensor, Tensor]:
    """Mean (N, 3, H, W) and standard deviation () of the step ``index`` from state ``x``."""
    return move(x, predict_x0(policy, code, x, sampler, index), sampler, index)


def predict_x0(policy: Policy, code: Any, x: Tensor, sampler: Sampler, index: int) -> Tensor:
    """The clean image (N, 3, H, W) predicted from state ``x`` at the step ``index``."""
    # One memory layout on both calls: matrix products round by layout.
    x = x.contiguous()
    t = sampler.grid()[index].item()
    return policy.predict(x, x.new_full((len(x),), t), code).contiguous()


def move(x: Tensor, x0: Tensor, sampler: Sampler, index: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the step ``index`` from ``x`` with ``x0`` predicted."""
    grid = sampler.grid()
    t, t_next = grid[index].item(), grid[index + 1].item()
    kind = sampler.kind if sampler.stochastic()[index] else "ode"
    return step(kind, x, x0, t, t_next, sampler.eta)


def log_density(
    x_next: Tensor,
    mean: Tensor,
    std: Tensor,
    owner: Tensor,
    n_slots: int,
    sampler: Sampler,
    onehot: Tensor,
) -> Tensor:
    """(N, n_slots) nats per region of the transition to ``x_next``, of what the sampler scores."""
    logp = logp_means if sampler.action == "regions" else logp_regions
    return logp((x_next - mean) / std, std, owner, n_slots, sampler.rho, onehot)


@torch.no_grad()
def sample_rollout(
    policy: Policy,
    sketch: SketchBatch,
    n_samples: int,
    seeds: Tensor,
    sampler: Sampler,
    keep_x0: bool = False,
) -> Rollout:
    """``n_samples`` colourings of each of the S rows of ``sketch``: one micro-batch.

    Noise of row i at step k is a function of (seeds[i], k) alone, seeds (S x n_samples,). States
    are stored in fp32, and log-densities are those of the stored values. ``keep_x0`` stores the
    predicted clean images too.
    """
    owner = sketch.regions.owner.repeat_interleave(n_samples, 0)
    n_slots, rho = sketch.regions.n_slots, sampler.rho
    onehot = one_hot(owner, n_slots)
    x = draw_noise(owner, n_slots, rho, _step_seeds(seeds, 0))
    policy = guided(policy, sampler.guidance)
    code = policy.encode(sketch).repeat(n_samples)
    states, logps, predicted = [x], [], []
    for k, is_random in enumerate(sampler.stochastic().tolist()):
        x0 = predict_x0(policy, code, x, sampler, k)
        mean, std = move(x, x0, sampler, k)
        if keep_x0:
            predicted.append(x0.float())
        logp = mean.new_zeros(len(x), n_slots)
        x = mean
        if is_random:
            x = mean + std * draw_noise(owner, n_slots, rho, _step_seeds(seeds, k + 1))
            logp = log_density(x, mean, std, owner, n_slots, sampler, onehot)
        states.append(x)
        logps.append(logp)
    return Rollout(
        state=torch.stack(states, 1),
        t=sampler.grid(),
        stochastic=sampler.stochastic(),
        sketch=sketch,
        logp=torch.stack(logps, 1),
        count=3.0 * onehot.sum(2),
        image=((x + 1) / 2).clamp(0, 1),
        group=torch.arange(len(sketch), device=x.device).repeat_interleave(n_samples),
        seed=seeds,
        x0=torch.stack(predicted, 1) if keep_x0 else None,
    )


def _step_seeds(seeds: Tensor, k: int) -> Tensor:
    return torch.tensor([seed_of(s, k) for s in seeds.tolist()], dtype=torch.long)
