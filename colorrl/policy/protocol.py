"""What a policy is: the Protocol that sampling, losses and evaluation rely on, and nothing more.

A kind of policy is one file with a network (``encode``, ``predict``) and the ``StateSpace`` it
moves in, and one YAML. Pixels are `colorrl.policy.space.Pixels`; a latent space has other
channels and a ``decode`` with a VAE; a space of region tokens has other positions and masks in
place of noise. What is decided at a step, and so scored, is the sampler's `Action`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, Self

from torch import Tensor, nn

from colorrl.policy.noise import NoiseModel
from colorrl.types import RegionBatch, SketchBatch


class StateSpace(Protocol):
    """Where a policy's states live: N x channels x positions, time from 1 (start) to 0 (image).

    ``encoding`` is the policy's own, of N rows. The flow coordinates x_t = (1 - t) x0 + t x1 are
    those of every Gaussian space, whatever a network was trained to predict: ``Policy.predict``
    converts.
    """

    @property
    def channels(self) -> int: ...

    @property
    def noisy(self) -> bool:
        """Whether states have noise, which `noised` and Gaussian steps need; tokens have masks."""
        ...

    @property
    def region_exact(self) -> bool:
        """Whether `decode` gives each region, and the ink it owns, one color."""
        ...

    def times(self, n_steps: int, shift: float) -> Tensor:
        """(T+1,) fp32 decreasing times that the network knows, ending in exactly 0."""
        ...

    def region_index(self, regions: RegionBatch) -> Tensor:
        """(N, *positions) int64: the region of each position of a state, 0 = none."""
        ...

    def start(self, noise: NoiseModel, seeds: Tensor) -> Tensor:
        """The state at the first time, scaled as the network expects it there; of seeds (N,)."""
        ...

    def noised(self, x0: Tensor, t: Tensor, noise: NoiseModel, seeds: Tensor) -> Tensor:
        """A state at times ``t`` (N,) on the way from the clean ``x0`` to the start."""
        ...

    def move(self, x: Tensor, x0: Tensor, t: float, t_next: float, encoding: Any) -> Tensor:
        """The deterministic step from ``x`` at ``t`` given the prediction ``x0``."""
        ...

    def decode(self, x0: Tensor, encoding: Any) -> Tensor:
        """Images (N, 3, H, W) sRGB in [0, 1] of clean states, differentiable in them."""
        ...


class Encoding(Protocol):
    """What a policy knows of S sketches before any noise."""

    def repeat(self, n: int) -> Self:
        """Each row ``n`` times in a row."""
        ...


class Policy(Protocol):
    """What generates: encodes sketches once, then predicts the clean state from a noisy one."""

    @property
    def space(self) -> StateSpace: ...

    def encode(self, sketch: SketchBatch) -> Any:
        """An `Encoding` of the sketches."""
        ...

    def predict(self, x: Tensor, t: Tensor, encoding: Any) -> Tensor:
        """The clean state from state ``x`` at times ``t`` (N,).

        Of ``x``'s shape, or for states of tokens their log-probabilities.
        """
        ...


class LearningPolicy(Policy, Protocol):
    """A policy with parameters. ``copy.deepcopy`` gives one that learns on its own.

    ``state_dict`` holds what is learnt, which a checkpoint keeps: all of a network, or the
    adapters of a frozen one, whose ``deepcopy`` then shares the base.
    """

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any: ...

    def eval(self) -> Self: ...
