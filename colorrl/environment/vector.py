"""Many games at once, whose finished pages are scored in one call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import torch
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from colorrl.environment.observation import Observation
from colorrl.environment.rules import Choice, make_rules
from colorrl.rewards.total import TotalReward
from colorrl.task.play import Play, over, start
from colorrl.types import Sketch

Step = tuple[Observation, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]


class RegionColoringVector(VectorEnv[Observation, NDArray[np.int64], NDArray[Any]]):
    """``gymnasium.make_vec("colorrl/RegionColoring-v0", num_envs=64)``.

    Step for step what a SyncVectorEnv of `RegionColoring` does, seeds and infos included. A game
    that is over starts again at the next step, whose action counts for nothing.
    """

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012

    def __init__(
        self,
        num_envs: int = 1,
        drawings: Sequence[Sketch] | str | Path | None = None,
        reward: TotalReward | str = "reference_free",
        **choice: Unpack[Choice],
    ) -> None:
        """As `RegionColoring`, ``num_envs`` games."""
        self.rules = make_rules(drawings, reward, **choice)
        self.num_envs = num_envs
        self.single_observation_space = self.rules.observation_space
        self.single_action_space = self.rules.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.generators = [seeding.np_random()[0] for _ in range(num_envs)]
        self.play = start(self.rules.deck, torch.zeros(num_envs, dtype=torch.long))
        self.paid = torch.zeros(num_envs, dtype=torch.float64)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Observation, dict[str, Any]]:
        """Game i is seeded with ``seed`` + i, or with the i-th of a list.

        ``options["drawing"]`` is one row of ``rules.deck`` for all games.
        """
        seeds = [seed + i for i in range(self.num_envs)] if isinstance(seed, int) else seed
        for i, given in enumerate(seeds or []):
            if given is not None:
                self.generators[i] = seeding.np_random(given)[0]
        drawing = self._drawn(range(self.num_envs))
        if options and "drawing" in options:
            drawing = np.full(self.num_envs, int(options["drawing"]))
        self.play = start(self.rules.deck, torch.as_tensor(drawing))
        self.paid = torch.zeros(self.num_envs, dtype=torch.float64)
        return self.rules.observe(self.play), self._info()

    def step(self, actions: NDArray[np.int64]) -> Step:
        """Games that were over begin again, with a reward of 0; the others move."""
        rules, was_over = self.rules, over(self.rules.deck, self.play)
        moved = rules.move(self.play, actions)
        drawing = self.play.drawing.clone()
        drawing[was_over] = torch.as_tensor(self._drawn(was_over.nonzero()[:, 0].tolist()))
        self.play = _either(was_over, start(rules.deck, drawing), moved)
        total = rules.page_rewards(self.play).masked_fill(was_over, 0.0)
        reward = (total - self.paid).masked_fill(was_over, 0.0)
        self.paid = total
        done = over(rules.deck, self.play).numpy()
        info = self._info() | self._totals(done)
        return rules.observe(self.play), reward.numpy(), done, np.zeros_like(done), info

    def _drawn(self, games: Sequence[int]) -> NDArray[np.int64]:
        rows = [self.generators[i].integers(len(self.rules.deck)) for i in games]
        return np.array(rows, dtype=np.int64)

    def _totals(self, done: NDArray[np.bool_]) -> dict[str, Any]:
        if not done.any():
            return {}
        return {"total": np.where(done, self.paid.numpy(), 0.0), "_total": done}

    def _info(self) -> dict[str, Any]:
        every = np.ones(self.num_envs, bool)
        ids = [self.rules.deck.sketch.id[i] for i in self.play.drawing.tolist()]
        values = {
            "drawing": self.play.drawing.numpy(),
            "id": np.array(ids, dtype=object),
            "action_mask": self.rules.mask(self.play),
        }
        return values | {f"_{name}": every for name in values}


def _either(which: torch.Tensor, one: Play, other: Play) -> Play:
    """The games of ``one`` where ``which`` (N,), else those of ``other``."""
    wide = which[:, None]
    return Play(
        torch.where(which, one.drawing, other.drawing),
        torch.where(wide, one.entry, other.entry),
        torch.where(wide, one.colored, other.colored),
        torch.where(which, one.moves, other.moves),
    )
