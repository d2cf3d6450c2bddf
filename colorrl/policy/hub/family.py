"""What a family of pipelines must say of itself, and the two ways in which its time runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from diffusers import DDIMScheduler
from torch import Tensor

from colorrl.policy.hub.coordinates import flow_time

Text = Mapping[str, Tensor]  # embeddings by name, a row for each prompt


class Family(Protocol):
    """One file of this folder. Every function takes the pipeline first and is deterministic."""

    @property
    def PIPELINE(self) -> type[Any]:
        """The class of diffusers."""
        ...

    @property
    def PARTS(self) -> Mapping[str, tuple[str, ...]]:
        """Part -> its class as "library.Class", any of these."""
        ...

    @property
    def LEARNS(self) -> str:
        """The part that takes adapters."""
        ...

    @property
    def FLOW(self) -> bool:
        """Flow matching (the network predicts x1 - x0), or variance-preserving noise."""
        ...

    def text(self, pipe: Any, prompts: list[str]) -> dict[str, Tensor]:
        """Embeddings of ``prompts``, a row each."""
        ...

    def control(self, pipe: Any, image: Tensor) -> Tensor:
        """What the networks see of the line art (N, 3, H, W) in [0, 1]."""
        ...

    def output(
        self, pipe: Any, state: Tensor, timestep: Tensor, text: Text, control: Tensor, scale: float
    ) -> Tensor:
        """The prediction (N, C, h, w) at the network's own ``timestep`` (N,)."""
        ...

    def times(self, pipe: Any, n_steps: int, shape: tuple[int, int]) -> Tensor:
        """(n_steps + 1,) flow times of the scheduler for latents of ``shape``, falling to 0."""
        ...


def noise_times(pipe: Any, n_steps: int) -> Tensor:
    """Flow times of the timesteps that the pipeline's schedule takes in ``n_steps``, and 0."""
    scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
    scheduler.set_timesteps(n_steps)
    known = flow_time(scheduler.alphas_cumprod[scheduler.timesteps])
    return torch.cat([known, known.new_zeros(1)]).float()


def alphas_cumprod(pipe: Any) -> Tensor:
    """(S,) fp32: the alpha-bar of every training timestep."""
    alphas: Tensor = DDIMScheduler.from_config(pipe.scheduler.config).alphas_cumprod
    return alphas
