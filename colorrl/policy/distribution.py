"""The distribution of one step of sampling, factored by region: draw, score, compare.

A `Transition` is it for N chains at their states. Sampling and learning build it by the same call
on the same stored states, which makes the ratio before the first update exactly 1. A further
kind (latents with other channels, region tokens that are unmasked) is another class with these
methods and an `Action` that makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol

from torch import Tensor

from colorrl.policy.entries import Mix, draw_entries, kl_entries, logp_entries
from colorrl.policy.noise import NoiseModel, kl_regions, logp_means, logp_regions
from colorrl.policy.transition import Step

# (N,) seeds of one step's draws; ``seeds()`` for its noise, ``seeds(1)`` for its choices
Seeds = Callable[..., Tensor]


@dataclass(frozen=True, slots=True)
class Draw:
    """What came out of a transition."""

    state: Tensor  # (N, *state) the next state
    choice: Tensor | None = None  # (N, R+1) int64, what was decided on the way there

    @property
    def outcome(self) -> Tensor:
        """What ``log_prob`` is asked of."""
        return self.state if self.choice is None else self.choice


class Transition(Protocol):
    """Of one step. Log-densities and divergences are (N, R+1) nats, 0 in padded slots."""

    @property
    def x0(self) -> Tensor:
        """The clean state (N, *state) that was predicted."""
        ...

    def sample(self, seeds: Seeds) -> Draw: ...

    def log_prob(self, outcome: Tensor) -> Tensor:
        """Of an outcome as ``sample`` gives it, differentiable in the policy's parameters."""
        ...

    def kl(self, other: Any) -> Tensor:
        """Exact KL divergence from ``other``, a distribution of the same kind at the same state."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """A deterministic step: nothing is drawn and nothing is scored."""

    state: Tensor  # (N, *state)
    x0: Tensor
    noise: NoiseModel

    def sample(self, seeds: Seeds) -> Draw:
        return Draw(self.state)

    def log_prob(self, outcome: Tensor) -> Tensor:
        return self.state.new_zeros(len(outcome), self.noise.n_slots)

    def kl(self, other: Fixed) -> Tensor:
        return self.log_prob(self.state)


@dataclass(frozen=True, slots=True)
class GaussianState:
    """The next state is Gaussian, with noise correlated within regions; all of it is scored."""

    mean: Tensor  # (N, channels, H, W)
    std: Tensor  # () > 0, in the state's units
    x0: Tensor
    noise: NoiseModel

    def sample(self, seeds: Seeds) -> Draw:
        return Draw(self.mean + self.std * self.noise.draw(seeds()))

    def log_prob(self, outcome: Tensor) -> Tensor:
        return logp_regions((outcome - self.mean) / self.std, self.std, self.noise)

    def kl(self, other: GaussianState) -> Tensor:
        """Of two with one std. It holds the step's dt, which Flow-GRPO's penalty leaves out."""
        apart = self.mean.float() - other.mean.float()
        return kl_regions(apart / self.std.reshape(-1, 1, 1, 1), self.noise)


@dataclass(frozen=True, slots=True)
class RegionMeans:
    """The same draw, of which only each region's mean colour is scored: the marginal density.

    What a region looks like inside is then no decision: it neither earns nor adds noise.
    """

    whole: GaussianState

    @property
    def x0(self) -> Tensor:
        return self.whole.x0

    def sample(self, seeds: Seeds) -> Draw:
        return self.whole.sample(seeds)

    def log_prob(self, outcome: Tensor) -> Tensor:
        whole = self.whole
        return logp_means((outcome - whole.mean) / whole.std, whole.std, whole.noise)

    def kl(self, other: RegionMeans) -> Tensor:
        """Of the whole states: an upper bound on that of the means, and what holds texture."""
        return self.whole.kl(other.whole)


@dataclass(frozen=True, slots=True)
class PaletteEntries:
    """Each region draws an entry of its palette, then the state moves towards those colours.

    The noise that ``step`` adds after that depends on no parameter and is not scored.
    """

    x: Tensor  # (N, channels, H, W) the state it starts from
    mix: Mix
    step: Step
    noise: NoiseModel

    @property
    def x0(self) -> Tensor:
        return self.mix.expected()

    def sample(self, seeds: Seeds) -> Draw:
        entry = draw_entries(self.mix.log_share, seeds(1))
        state, std = self.step.move(self.x, self.mix.chosen(entry))
        if self.step.std > 0:
            state = state + std * self.noise.draw(seeds())
        return Draw(state, entry)

    def log_prob(self, outcome: Tensor) -> Tensor:
        return logp_entries(self.mix.log_share, outcome, self.noise.positions > 0)

    def kl(self, other: PaletteEntries) -> Tensor:
        exists = self.noise.positions > 0
        return kl_entries(self.mix.log_share, other.mix.log_share, exists)


def taken(transition: Any, rows: Tensor, noise: NoiseModel) -> Any:
    """The ``transition`` of the chains ``rows`` (N,), row after row, whose noise is ``noise``.

    A row may be taken more than once: chains that share a state share what was computed of it.
    """
    changed: dict[str, Any] = {}
    for field in fields(transition):
        value = getattr(transition, field.name)
        if isinstance(value, NoiseModel):
            changed[field.name] = noise
        elif isinstance(value, Tensor) and value.ndim > 0:
            changed[field.name] = value[rows]
        elif is_dataclass(value):
            changed[field.name] = taken(value, rows, noise)
    return replace(transition, **changed)
