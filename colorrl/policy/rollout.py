"""Sampling colourings as an RL episode, and scoring the same transitions again.

One function computes a transition's law (`transition` its mean and standard deviation,
`predict_mix` what regions choose from); sampling and update both call it on the stored states, so
the ratio before the first update is exactly 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from colorrl.policy.entries import Mix, PointingPolicy, draw_entries, logp_entries
from colorrl.policy.guidance import guided
from colorrl.policy.noise import draw_noise, logp_means, logp_regions, one_hot
from colorrl.policy.transition import step, stochastic_steps, time_grid, within
from colorrl.seeding import seed_of
from colorrl.types import Policy, Rollout, SketchBatch

Law = tuple[Tensor, int, float, Tensor]  # owner, n_slots, rho, onehot: as logp_regions takes them


@dataclass(frozen=True, slots=True)
class Sampler:
    """How a rollout walks from noise to image.

    kind: flow_sde, cps, ddim or ode; eta: amount of noise of that kind; shift: time shift;
    rho: correlation of the noise within a region; window: (first, count) of the steps that
    are stochastic, or None for all of them (MixGRPO, arXiv 2507.21802).

    action: what of a transition is scored, ``pixels`` (the state) or ``regions`` (each region's
    mean colour, the marginal density), for which the states drawn are the same, or ``entries``:
    then a step draws each region's palette entry, and x0 with it, of a `PointingPolicy`.

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
        if self.action == "entries":  # whatever noise comes after the choice
            return within(self.window, self.n_steps)
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
    return policy.predict(x, _time(x, sampler, index), code).contiguous()


def predict_mix(policy: Policy, code: Any, x: Tensor, sampler: Sampler, index: int) -> Mix:
    """What regions choose from at the step ``index`` from state ``x``."""
    pointing = cast("PointingPolicy", policy)
    return pointing.predict_mix(x.contiguous(), _time(x, sampler, index), code)


def _time(x: Tensor, sampler: Sampler, index: int) -> Tensor:
    return x.new_full((len(x),), sampler.grid()[index].item())


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


@dataclass(frozen=True, slots=True)
class Move:
    """One step of N chains."""

    x0: Tensor  # (N, 3, H, W) the clean image that was predicted
    state: Tensor  # (N, 3, H, W) the next state
    logp: Tensor  # (N, n_slots) its log-density or that of the choice; 0 of a deterministic step
    entry: Tensor  # (N, n_slots) int64, the palette entries chosen; 0 where none was


def diffuse(
    policy: Policy, code: Any, x: Tensor, sampler: Sampler, index: int, law: Law, seeds: Tensor
) -> Move:
    """The step ``index`` from ``x``, with Gaussian noise where it is stochastic."""
    owner, n_slots, rho, onehot = law
    x0 = predict_x0(policy, code, x, sampler, index)
    mean, std = move(x, x0, sampler, index)
    none = torch.zeros(len(x), n_slots, dtype=torch.long, device=x.device)
    if not sampler.stochastic()[index]:
        return Move(x0, mean, mean.new_zeros(len(x), n_slots), none)
    state = mean + std * draw_noise(owner, n_slots, rho, _step_seeds(seeds, index + 1))
    logp = log_density(state, mean, std, owner, n_slots, sampler, onehot)
    return Move(x0, state, logp, none)


def decide(
    policy: Policy, code: Any, x: Tensor, sampler: Sampler, index: int, law: Law, seeds: Tensor
) -> Move:
    """The step ``index`` from ``x`` with a palette entry drawn for each region.

    What noise ``sampler.kind`` adds after that depends on no parameter and is not scored.
    """
    owner, n_slots, rho, onehot = law
    mix = predict_mix(policy, code, x, sampler, index)
    entry = draw_entries(mix.log_share, _step_seeds(seeds, index + 1, 1))
    state, std = move(x, mix.chosen(entry), sampler, index)
    if std > 0:
        state = state + std * draw_noise(owner, n_slots, rho, _step_seeds(seeds, index + 1))
    logp = logp_entries(mix.log_share, entry, onehot.sum(2) > 0)
    return Move(mix.expected(), state, logp, entry)


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
    law = noise_law(sketch, n_samples, sampler)
    owner, n_slots, rho, onehot = law
    states = [draw_noise(owner, n_slots, rho, _step_seeds(seeds, 0))]
    policy = guided(policy, sampler.guidance)
    code = policy.encode(sketch).repeat(n_samples)
    logps, entries, predicted = [], [], []  # a prediction no one asked for is let go
    for k, is_random in enumerate(sampler.stochastic().tolist()):
        go = decide if is_random and sampler.action == "entries" else diffuse
        moved = go(policy, code, states[-1], sampler, k, law, seeds)
        states.append(moved.state)
        logps.append(moved.logp)
        entries.append(moved.entry)
        predicted += [moved.x0.float()] if keep_x0 else []
    return Rollout(
        state=torch.stack(states, 1),
        t=sampler.grid(),
        stochastic=sampler.stochastic(),
        sketch=sketch,
        logp=torch.stack(logps, 1),
        count=3.0 * onehot.sum(2),
        image=((states[-1] + 1) / 2).clamp(0, 1),
        group=torch.arange(len(sketch), device=owner.device).repeat_interleave(n_samples),
        seed=seeds,
        x0=torch.stack(predicted, 1) if keep_x0 else None,
        entry=torch.stack(entries, 1) if sampler.action == "entries" else None,
    )


def noise_law(sketch: SketchBatch, n_samples: int, sampler: Sampler) -> Law:
    """What the densities of ``n_samples`` colourings of each row share."""
    owner = sketch.regions.owner.repeat_interleave(n_samples, 0)
    n_slots = sketch.regions.n_slots
    return owner, n_slots, sampler.rho, one_hot(owner, n_slots)


def _step_seeds(seeds: Tensor, *place: int) -> Tensor:
    return torch.tensor([seed_of(s, *place) for s in seeds.tolist()], dtype=torch.long)
