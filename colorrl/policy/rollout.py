"""Sampling colourings as an RL episode, and scoring the same transitions again.

One function (`transition`) computes a transition's mean and standard deviation; sampling and
update both call it on the stored states, so the ratio before the first update is exactly 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from colorrl.policy.noise import draw_noise, logp_regions
from colorrl.policy.transition import step, stochastic_steps, time_grid
from colorrl.seeding import seed_of
from colorrl.types import Policy, Rollout, SketchBatch


@dataclass(frozen=True, slots=True)
class Sampler:
    """How a rollout walks from noise to image.

    kind: flow_sde, cps, ddim or ode; eta: amount of noise of that kind; shift: time shift;
    rho: correlation of the noise within a region; window: (first, count) of the steps that
    are stochastic, or None for all of them (MixGRPO, arXiv 2507.21802).
    """

    kind: str
    n_steps: int
    eta: float
    shift: float
    rho: float
    window: tuple[int, int] | None = None

    def grid(self) -> Tensor:
        """(T+1,) times from 1 to 0."""
        return time_grid(self.n_steps, self.shift)

    def stochastic(self) -> Tensor:
        """(T,) bool: steps that carry a log-density."""
        return stochastic_steps(self.kind, self.eta, self.grid(), self.window)


def transition(
    policy: Policy, code: Any, x: Tensor, sampler: Sampler, index: int
) -> tuple[Tensor, float]:
    """Mean (N, 3, H, W) and standard deviation of the step ``index`` from state ``x``."""
    grid = sampler.grid()
    t, t_next = grid[index].item(), grid[index + 1].item()
    x0 = policy.predict(x, x.new_full((len(x),), t), code)
    kind = sampler.kind if sampler.stochastic()[index] else "ode"
    mean, std = step(kind, x, x0, t, t_next, sampler.eta)
    return mean, float(std)


def transition_logp(
    mean: Tensor, std: float, x_next: Tensor, sketch: SketchBatch, rho: float
) -> Tensor:
    """(N, R+1) fp32 log-density of ``x_next`` under N(mean, std^2 K), summed per region."""
    d = (x_next.float() - mean.float()) / std
    return logp_regions(d, std, sketch.regions.owner, sketch.regions.n_slots, rho)


@torch.no_grad()
def sample_rollout(
    policy: Policy, sketch: SketchBatch, group: Tensor, seeds: Tensor, sampler: Sampler
) -> Rollout:
    """Sample one colouring per row of ``sketch`` (N rows; rows of one group share a sketch).

    Noise of row i at step k is a function of (seeds[i], k) alone. States are stored in fp32
    after the step, and log-densities are of the stored values.
    """
    owner, n_slots, rho = sketch.regions.owner, sketch.regions.n_slots, sampler.rho
    x = draw_noise(owner, n_slots, rho, _step_seeds(seeds, 0))
    code = policy.encode(sketch)
    states, logps = [x], []
    for k, is_random in enumerate(sampler.stochastic().tolist()):
        mean, std = transition(policy, code, x, sampler, k)
        x = mean
        logp = torch.zeros(len(x), n_slots, device=x.device)
        if is_random:
            x = mean + std * draw_noise(owner, n_slots, rho, _step_seeds(seeds, k + 1))
            logp = transition_logp(mean, std, x, sketch, rho)
        states.append(x)
        logps.append(logp)
    return Rollout(
        state=torch.stack(states, 1),
        t=sampler.grid(),
        stochastic=sampler.stochastic(),
        sketch=sketch,
        logp=torch.stack(logps, 1),
        count=3.0 * torch.nn.functional.one_hot(owner.flatten(1), n_slots).sum(1),
        image=((x + 1) / 2).clamp(0, 1),
        group=group,
        seed=seeds,
    )


def _step_seeds(seeds: Tensor, k: int) -> Tensor:
    return torch.tensor([seed_of(s, k) for s in seeds.tolist()], dtype=torch.long)
