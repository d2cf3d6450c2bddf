"""The space of pictures: states are pixels in [-1, 1] units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from colorrl.policy.noise import NoiseModel
from colorrl.policy.transition import step, time_grid
from colorrl.types import RegionBatch


@dataclass(frozen=True, slots=True)
class Pixels:
    """A `StateSpace` of (N, 3, H, W); any time in [0, 1] is known, the first state is noise."""

    channels: int = 3
    noisy: bool = True
    region_exact: bool = False

    def times(self, n_steps: int, shift: float) -> Tensor:
        return time_grid(n_steps, shift)

    def region_index(self, regions: RegionBatch) -> Tensor:
        return regions.region_index

    def start(self, noise: NoiseModel, seeds: Tensor) -> Tensor:
        return noise.draw(seeds)

    def noised(self, x0: Tensor, t: Tensor, noise: NoiseModel, seeds: Tensor) -> Tensor:
        time = t.view(-1, 1, 1, 1)
        return (1 - time) * x0 + time * noise.draw(seeds)

    def move(self, x: Tensor, x0: Tensor, t: float, t_next: float, encoding: Any) -> Tensor:
        """Euler's step of the flow."""
        return step("ode", x, x0, t, t_next, eta=0.0)[0]

    def decode(self, x0: Tensor, encoding: Any) -> Tensor:
        return ((x0 + 1) / 2).clamp(0, 1)


PIXELS = Pixels()
