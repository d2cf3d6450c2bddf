"""What an advantage is measured against: its group, its sketch's past, or a value of each step.

``learn/advantage=`` is one of these around a function or a critic. It states by ``per_step``
whether each denoising step has an advantage of its own, by ``reads_states`` whether it needs the
predicted states kept, and by ``of_branches`` whether samples may share their first steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from colorrl.learn.critic import Critic
from colorrl.types import Rollout

ImageAdvantage = Callable[[Tensor, Tensor], Tensor]  # (reward (N,), key (N,)) -> (N,)
# (reward (S, G), chains (T+1,)) -> (S, G, T)
BranchAdvantage = Callable[[Tensor, Sequence[int]], Tensor]
Found = tuple[Sequence[Tensor], dict[str, float]]  # of each micro-batch, and value/* figures


class Processes(Protocol):
    """What a step needs of the processes that share an update."""

    @property
    def n_processes(self) -> int: ...

    def gather(self, values: Tensor) -> Tensor:
        """Rows of all processes, in rank order."""
        ...

    def local_rows(self, rows: Tensor) -> Tensor:
        """This process's share of gathered rows."""
        ...

    def sum(self, values: Tensor) -> Tensor:
        """Sum over processes."""
        ...


class GroupEstimator:
    """Each image against the others of its sketch in this update, or whatever looks past groups."""

    per_step: ClassVar[bool] = False
    reads_states: ClassVar[bool] = False
    of_branches: ClassVar[bool] = False

    def __init__(self, function: ImageAdvantage) -> None:
        self.function = function

    def prepare(self, device: torch.device, seed: int) -> None:
        """Nothing to make."""

    def __call__(
        self, rollouts: Sequence[Rollout], rewards: Sequence[Tensor], processes: Processes
    ) -> Found:
        """Advantages (N,) of each micro-batch's ``rewards`` (N, T)."""
        n_samples = sum(len(r) for r in rewards) * processes.n_processes
        keys = torch.arange(n_samples, device=rewards[0].device) // rollouts[0].n_samples
        return _of_images(self.function, keys, rewards, processes), {}

    def state_dict(self) -> dict[str, Any]:
        return _state(self.function)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        _load(self.function, state)


class SketchEstimator:
    """Each image against what is remembered of its sketch over updates."""

    per_step: ClassVar[bool] = False
    reads_states: ClassVar[bool] = False
    of_branches: ClassVar[bool] = False

    def __init__(self, function: ImageAdvantage) -> None:
        self.function = function

    def prepare(self, device: torch.device, seed: int) -> None:
        """Nothing to make."""

    def __call__(
        self, rollouts: Sequence[Rollout], rewards: Sequence[Tensor], processes: Processes
    ) -> Found:
        """Advantages (N,) of each micro-batch's ``rewards`` (N, T)."""
        names = [i for r in rollouts for i in r.sketch.repeat(r.n_samples).id]
        keys = torch.tensor([key_of(i) for i in names], device=rewards[0].device)
        return _of_images(self.function, processes.gather(keys), rewards, processes), {}

    def state_dict(self) -> dict[str, Any]:
        return _state(self.function)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        _load(self.function, state)


class BranchEstimator:
    """Each step of a branch against its siblings, the branches that parted when it did."""

    per_step: ClassVar[bool] = True
    reads_states: ClassVar[bool] = False
    of_branches: ClassVar[bool] = True

    def __init__(self, function: BranchAdvantage) -> None:
        self.function = function

    def prepare(self, device: torch.device, seed: int) -> None:
        """Nothing to make."""

    def __call__(
        self, rollouts: Sequence[Rollout], rewards: Sequence[Tensor], processes: Processes
    ) -> Found:
        """Advantages (N, T, 1) of each micro-batch's ``rewards`` (N, T)."""
        found = [
            self.function(reward.sum(1).view(-1, rollout.n_samples), rollout.chains)
            for rollout, reward in zip(rollouts, rewards, strict=True)
        ]
        return [one.flatten(0, 1).unsqueeze(2) for one in found], {}

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to remember."""


class StepEstimator:
    """Each denoising step against a learned value of its state (``function`` makes a Critic)."""

    per_step: ClassVar[bool] = True
    reads_states: ClassVar[bool] = True
    of_branches: ClassVar[bool] = False

    def __init__(self, function: Callable[..., Critic]) -> None:
        self.function = function

    def prepare(self, device: torch.device, seed: int) -> None:
        """Make the critic, whose weights are a function of ``seed``."""
        self.critic = self.function(device=device, seed=seed)

    def __call__(
        self, rollouts: Sequence[Rollout], rewards: Sequence[Tensor], processes: Processes
    ) -> Found:
        """Advantages (N, T, 1) of each micro-batch's ``rewards`` (N, T)."""
        return self.critic(rollouts, rewards, processes.gather, processes.sum)

    def state_dict(self) -> dict[str, Any]:
        return self.critic.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.critic.load_state_dict(state)


def key_of(sketch: str) -> int:
    """A sketch's id as an int64, the same in every process and run."""
    digest = hashlib.blake2b(sketch.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def _of_images(
    function: ImageAdvantage, keys: Tensor, rewards: Sequence[Tensor], processes: Processes
) -> Sequence[Tensor]:
    everyone = processes.gather(torch.cat([r.sum(1) for r in rewards]))
    local = processes.local_rows(function(everyone, keys))
    return local.split([len(r) for r in rewards])


def _state(function: Any) -> dict[str, Any]:
    """Of a function that remembers; nothing of a plain one."""
    state: dict[str, Any] = getattr(function, "state_dict", dict)()
    return state


def _load(function: Any, state: dict[str, Any]) -> None:
    if state:
        function.load_state_dict(state)
