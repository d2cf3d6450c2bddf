"""Sampling colourings as an RL episode, keeping what an update needs to score them again."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

import torch
from torch import Tensor

from colorrl.policy.action import WHOLE_STATE, Action, predict_x0
from colorrl.policy.distribution import Draw, Fixed, Transition, taken
from colorrl.policy.guidance import guided
from colorrl.policy.noise import NoiseModel
from colorrl.policy.protocol import Policy
from colorrl.policy.transition import Step, time_grid, within
from colorrl.seeding import seed_of
from colorrl.types import Rollout, SketchBatch


@dataclass(frozen=True, slots=True)
class Sampler:
    """How a rollout walks from noise to image.

    kind: flow_sde, cps, ddim or ode; eta: amount of noise of that kind; shift: time shift;
    rho: correlation of the noise within a region; window: (first, count) of the steps that
    are stochastic, or None for all of them (MixGRPO, arXiv 2507.21802).

    action: what of a step is decided and scored; guidance: how much palette and hints count, 1 = as
    the network predicts (``guided``); times: those the policy knows (``StateSpace.times``).

    branches: chains that each chain parts into at the first steps, one at the others. Until they
    part chains share their states, and each state is predicted from once (TreeGRPO, arXiv
    2512.08153; BranchGRPO, 2509.06040).
    """

    kind: str
    n_steps: int
    eta: float
    shift: float
    rho: float
    window: tuple[int, int] | None = None
    action: Action = WHOLE_STATE
    guidance: float = 1.0
    times: Callable[[int, float], Tensor] = time_grid
    branches: tuple[int, ...] = ()

    def grid(self) -> Tensor:
        """(T+1,) times from start to 0."""
        return self.times(self.n_steps, self.shift)

    def stochastic(self) -> Tensor:
        """(T,) bool: steps that carry a log-density."""
        return self.action.draws(self.kind, self.eta, self.grid()) & within(
            self.window, self.n_steps
        )

    def steps(self) -> list[Step]:
        """The T steps; those that draw nothing are ``ode`` steps."""
        between = zip(pairwise(self.grid().tolist()), self.stochastic().tolist(), strict=True)
        return [
            Step(self.kind if draws else "ode", t, t_next, self.eta, draws)
            for (t, t_next), draws in between
        ]

    def chains(self, group_size: int) -> tuple[int, ...]:
        """(T+1,) how many of a sketch's ``group_size`` chains differ at each state.

        Raises ValueError unless ``branches`` are at least 1, fit the steps, part at steps that draw
        something, and their product divides ``group_size``.
        """
        parts = (*self.branches, *[1] * (self.n_steps - len(self.branches)))
        stochastic = self.stochastic().tolist()
        if len(parts) > self.n_steps or min(parts) < 1:
            raise ValueError(
                f"branches={list(self.branches)}: give at most n_steps={self.n_steps} numbers, "
                "each at least 1"
            )
        for k, (part, draws) in enumerate(zip(parts, stochastic, strict=True)):
            if part > 1 and not draws:
                raise ValueError(
                    f"branches={list(self.branches)}: step {k + 1} draws nothing, so its branches "
                    "would be one; set 1 there, or another window"
                )
        if group_size % math.prod(parts):
            raise ValueError(
                f"branches={list(self.branches)} make {math.prod(parts)} samples of each first "
                f"state: {group_size} samples are no multiple of it"
            )
        return tuple(accumulate((group_size // math.prod(parts), *parts), operator.mul))

    def transition(
        self, policy: Policy, encoding: Any, x: Tensor, step: Step, noise: NoiseModel
    ) -> Transition:
        """The transition at ``step`` from ``x``: what sampling draws from and learning scores."""
        if step.stochastic:
            return self.action.transition(policy, encoding, x, step, noise)
        x0 = predict_x0(policy, encoding, x, step)
        return Fixed(policy.space.move(x, x0, step.t, step.t_next, encoding), x0, noise)


class Walk:
    """The steps of ``group_size`` chains of each of S sketches, as sampled and as learnt from."""

    def __init__(
        self, policy: Policy, sketch: SketchBatch, group_size: int, sampler: Sampler
    ) -> None:
        self.policy = guided(policy, sampler.guidance)
        self.sketch, self.sampler = sketch, sampler
        self.steps, self.chains = sampler.steps(), sampler.chains(group_size)
        self.encoded = self.policy.encode(sketch)
        self.rows = torch.arange(len(sketch) * group_size)
        self.encoding, self.noise = self.of(group_size)

    def of(self, n: int) -> tuple[Any, NoiseModel]:
        """Encoding and noise of ``n`` chains of each sketch."""
        return self.encoded.repeat(n), noise_model(self.policy, self.sketch, n, self.sampler.rho)

    def transition(self, x: Tensor, k: int) -> Transition:
        """Of step ``k`` from the states ``x`` (N, ...), one prediction for those that are shared.

        The same number of predictions whenever it is asked: the ratio to itself is exactly 1.
        """
        each = self.alike(k)
        if each == 1:
            return self.sampler.transition(self.policy, self.encoding, x, self.steps[k], self.noise)
        encoding, noise = self.of(self.chains[k])
        transition = self.sampler.transition(self.policy, encoding, x[::each], self.steps[k], noise)
        return taken(transition, self.rows // each, self.noise)

    def alike(self, k: int) -> int:
        """How many chains in a row share each state ``k``."""
        return self.chains[-1] // self.chains[k]

    def first(self, values: Tensor, k: int) -> Tensor:
        """``values`` (N, ...) of the first of the chains that share a state ``k``, for all."""
        each = self.alike(k)
        return values if each == 1 else values[self.rows // each * each]


@torch.no_grad()
def sample_rollout(
    policy: Policy,
    sketch: SketchBatch,
    group_size: int,
    seeds: Tensor,
    sampler: Sampler,
    keep_x0: bool = False,
) -> Rollout:
    """``group_size`` colourings of each of the S rows of ``sketch``: one micro-batch.

    Noise of row i at step k is a function of (seeds[i], k) alone, seeds (S x group_size,); chains
    that share a state have the first one's. States are stored in fp32, and log-densities are those
    of the stored values. ``keep_x0`` stores the predicted clean states too.
    """
    walk = Walk(policy, sketch, group_size, sampler)
    policy, noise, encoding = walk.policy, walk.noise, walk.encoding
    states = [policy.space.start(noise, step_seeds(walk.first(seeds, 0), 0))]
    draws, logps, predicted = [], [], []  # a prediction no one asked for is let go
    for k in range(sampler.n_steps):
        transition = walk.transition(states[-1], k)
        draws.append(transition.sample(partial(step_seeds, walk.first(seeds, k + 1), k + 1)))
        states.append(draws[-1].state)
        logps.append(transition.log_prob(draws[-1].outcome))
        predicted += [transition.x0.float()] if keep_x0 else []
    rows = torch.arange(len(sketch), device=noise.region_index.device)
    return Rollout(
        state=torch.stack(states, 1),
        t=sampler.grid(),
        stochastic=sampler.stochastic(),
        sketch=sketch,
        logp=torch.stack(logps, 1),
        count=sampler.action.count(noise, encoding),
        image=policy.space.decode(states[-1], encoding),
        group=rows.repeat_interleave(group_size),
        seed=seeds,
        x0=torch.stack(predicted, 1) if keep_x0 else None,
        choice=_choices(draws),
        chains=walk.chains,
    )


def _choices(draws: Sequence[Draw]) -> Tensor | None:
    """(N, T, R+1) of the steps that chose, 0 at others; None where the next state is all."""
    chosen = next((d.choice for d in draws if d.choice is not None), None)
    if chosen is None:
        return None
    none = torch.zeros_like(chosen)
    return torch.stack([none if d.choice is None else d.choice for d in draws], 1)


def noise_model(policy: Policy, sketch: SketchBatch, group_size: int, rho: float) -> NoiseModel:
    """Of states of ``group_size`` colourings of each row."""
    region_index = policy.space.region_index(sketch.regions).repeat_interleave(group_size, 0)
    return NoiseModel(region_index, sketch.regions.n_slots, rho, policy.space.channels)


def step_seeds(seeds: Tensor, *place: int) -> Tensor:
    """(N,) seeds of a place in each sample's chain: a step, and a stream of draws within it."""
    return torch.tensor([seed_of(s, *place) for s in seeds.tolist()], dtype=torch.long)
