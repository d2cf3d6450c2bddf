"""What an advantage is measured against: its group, its sketch's past, or a value of each step.

``learn/advantage=`` is one of these `Estimator` around a function or a critic.
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


class Estimator(Protocol):
    """``learn/advantage=``: what an advantage is measured against, and what it needs for that."""

    per_step: bool  # each denoising step has an advantage of its own
    reads_states: bool  # it needs the predicted states kept
    of_branches: bool  # samples may share their first steps

    def prepare(self, device: torch.device, seed: int) -> None:
        """Make what it learns, once, before anything else is called."""
        ...

    def __call__(
        self, rollouts: Sequence[Rollout], rewards: Sequence[Tensor], processes: Processes
    ) -> Found:
        """Advantages of each micro-batch's ``rewards`` (N, T): (N,), or (N, T, 1) of steps."""
        ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class ImageEstimator:
    """Each image against others: of its group in this update, or of its sketch in past ones.

    ``function`` declares by ``by_sketch`` that its key is the sketch; a plain function's is the
    group.
    """

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
        everyone = processes.gather(torch.cat([r.sum(1) for r in rewards]))
        keys = self._keys(rollouts, everyone, processes)
        local = processes.local_rows(self.function(everyone, keys))
        return local.split([len(r) for r in rewards]), {}

    def _keys(self, rollouts: Sequence[Rollout], everyone: Tensor, processes: Processes) -> Tensor:
        """int64 for each row of ``everyone``, whose groups lie whole in rank order."""
        if not getattr(self.function, "by_sketch", False):
            return torch.arange(len(everyone), device=everyone.device) // rollouts[0].group_size
        names = [i for r in rollouts for i in r.sketch.repeat(r.group_size).id]
        return processes.gather(torch.tensor([key_of(i) for i in names], device=everyone.device))

    def state_dict(self) -> dict[str, Any]:
        """Of a function that remembers; nothing of a plain one."""
        state: dict[str, Any] = getattr(self.function, "state_dict", dict)()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state:
            self.function.load_state_dict(state)  # type: ignore[attr-defined]  # it has a state


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
            self.function(reward.sum(1).view(-1, rollout.group_size), rollout.chains)
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
