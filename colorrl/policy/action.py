"""What of a step is decided, and so drawn, scored and credited: ``sampler/action=``.

An action makes the `Transition` of a stochastic step and states what it asks of the other parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

import torch
from torch import Tensor

from colorrl.policy.distribution import GaussianState, PaletteEntries, RegionMeans, Transition
from colorrl.policy.entries import PointingPolicy
from colorrl.policy.noise import NoiseModel
from colorrl.policy.protocol import Policy
from colorrl.policy.transition import Step, noisy_steps


class Action(Protocol):
    """A kind of decision. ``differentiable``: whether a reward's gradient passes through a draw."""

    @property
    def differentiable(self) -> bool: ...

    def draws(self, kind: str, eta: float, grid: Tensor) -> Tensor:
        """(T,) bool: the steps between the times ``grid`` (T+1,) at which something is drawn."""
        ...

    def count(self, noise: NoiseModel, encoding: Any) -> Tensor:
        """(N, R+1) fp32: dimensions that a region's decision has, 0 for padding.

        Ratios, clip ranges and KL coefficients are per dimension, so they do not depend on how
        many pixels a picture has.
        """
        ...

    def check(self, policy: Policy, sampler: Any) -> None:
        """Raises ValueError, naming the remedy, for a policy that cannot decide so, and for options
        of the ``sampler`` (a `Sampler`) that mean nothing to it."""
        ...

    def transition(
        self, policy: Policy, encoding: Any, x: Tensor, step: Step, noise: NoiseModel
    ) -> Transition:
        """The transition at the stochastic ``step`` from ``x``."""
        ...


def at_time(x: Tensor, t: float) -> Tensor:
    """(N,) fp32 times of N states ``x``, whatever they are made of."""
    return torch.full((len(x),), t, device=x.device)


def predict_x0(policy: Policy, encoding: Any, x: Tensor, step: Step) -> Tensor:
    """The clean state predicted from ``x`` at the time of ``step``."""
    # One memory layout on both calls: matrix products round by layout.
    x = x.contiguous()
    return policy.predict(x, at_time(x, step.t), encoding).contiguous()


def _check_noised(policy: Policy) -> None:
    if not policy.space.noisy:
        kind = type(policy).__name__
        raise ValueError(f"a {kind} has no noise to draw: take sampler=unmask")


@dataclass(frozen=True, slots=True)
class WholeState:
    """Every element of the state: the Gaussian of the whole picture or latent."""

    differentiable: bool = True
    draws = staticmethod(noisy_steps)

    def count(self, noise: NoiseModel, encoding: Any) -> Tensor:
        return noise.channels * noise.positions

    def check(self, policy: Policy, sampler: Any) -> None:
        _check_noised(policy)

    def transition(
        self, policy: Policy, encoding: Any, x: Tensor, step: Step, noise: NoiseModel
    ) -> GaussianState:
        x0 = predict_x0(policy, encoding, x, step)
        return GaussianState(*step.move(x, x0), x0, noise)


WHOLE_STATE = WholeState()


@dataclass(frozen=True, slots=True)
class RegionColors:
    """Each region's mean: texture within regions is drawn but neither scored nor learnt."""

    differentiable: bool = True
    draws = staticmethod(noisy_steps)

    def count(self, noise: NoiseModel, encoding: Any) -> Tensor:
        return noise.channels * (noise.positions > 0).float()

    def check(self, policy: Policy, sampler: Any) -> None:
        _check_noised(policy)

    def transition(
        self, policy: Policy, encoding: Any, x: Tensor, step: Step, noise: NoiseModel
    ) -> RegionMeans:
        return RegionMeans(WHOLE_STATE.transition(policy, encoding, x, step, noise))


@dataclass(frozen=True, slots=True)
class PaletteChoice:
    """Each region's palette entry, drawn as a language model draws a token."""

    differentiable: bool = False

    def draws(self, kind: str, eta: float, grid: Tensor) -> Tensor:
        return torch.ones(len(grid) - 1, dtype=torch.bool)  # whatever noise comes after the choice

    def count(self, noise: NoiseModel, encoding: Any) -> Tensor:
        return (noise.positions > 0).float()

    def check(self, policy: Policy, sampler: Any) -> None:
        _check_noised(policy)
        if sampler.guidance != 1:
            raise ValueError(
                f"sampler.guidance={sampler.guidance:g} changes colours, not the choice among "
                "palette entries: set sampler.guidance=1, or sampler/action=regions"
            )
        if not isinstance(policy, PointingPolicy):
            kind = type(policy).__name__
            raise ValueError(f"sampler/action=entries: a {kind} points at no palette, take regions")

    def transition(
        self, policy: Policy, encoding: Any, x: Tensor, step: Step, noise: NoiseModel
    ) -> PaletteEntries:
        x = x.contiguous()
        pointing = cast("PointingPolicy", policy)
        mix = pointing.predict_mix(x, at_time(x, step.t), encoding)
        return PaletteEntries(x, mix, step, noise)
