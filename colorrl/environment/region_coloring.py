"""`colorrl/RegionColoring-v0`: one game at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.environment.observation import Observation
from colorrl.environment.rules import Choice, make_rules
from colorrl.rewards.total import TotalReward
from colorrl.task.deck import paint_entries
from colorrl.task.play import over, start
from colorrl.types import Sketch

RENDERED = 256  # pixels along a side at least


class RegionColoring(gymnasium.Env[Any, Any]):
    """Colours a drawing region by region in entries of its palette.

    An episode has as many moves as the drawing has regions. The return is ``reward.total`` of the
    page, without discount; `observation.observe` lists what is seen. ``info`` holds the drawing's
    row, its name and the action mask, and at the end of an episode the page's total.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 2}  # noqa: RUF012

    def __init__(
        self,
        drawings: Sequence[Sketch] | str | Path | None = None,
        reward: TotalReward | str = "reference_free",
        *,
        render_mode: str | None = None,
        **choice: Unpack[Choice],
    ) -> None:
        """``drawings``, ``reward`` and ``choice`` as `make_rules` has them, which see."""
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode={render_mode}: give rgb_array or none")
        self.rules = make_rules(drawings, reward, **choice)
        self.render_mode = render_mode
        self.observation_space = self.rules.observation_space
        self.action_space = self.rules.action_space
        self.play = start(self.rules.deck, torch.zeros(1, dtype=torch.long))
        self.paid = 0.0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """A drawing at random, or the row ``options["drawing"]`` of ``rules.deck``."""
        super().reset(seed=seed)
        deck = self.rules.deck
        drawing = (options or {}).get("drawing", self.np_random.integers(len(deck)))
        self.play, self.paid = start(deck, torch.tensor([int(drawing)])), 0.0
        return self._observation(), self._info()

    def step(self, action: int) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Raises ValueError when the episode is over."""
        if over(self.rules.deck, self.play)[0]:
            raise ValueError("the drawing is coloured: call reset() before another step()")
        self.play = self.rules.move(self.play, np.asarray([action]))
        done = bool(over(self.rules.deck, self.play)[0])
        total = float(self.rules.page_rewards(self.play)[0])
        reward = total - self.paid
        self.paid = total
        info = self._info() | ({"total": total} if done else {})
        return self._observation(), reward, done, False, info

    def action_masks(self) -> NDArray[np.bool_]:
        """(A,) moves that colour a region in an entry of its palette, as maskable agents ask."""
        return self.rules.mask(self.play)[0].astype(bool)

    def render(self) -> NDArray[np.uint8] | None:
        """(H, W, 3) the page so far under its line art; None without a ``render_mode``."""
        if self.render_mode is None:
            return None
        deck, play = self.rules.deck, self.play
        page = paint_entries(deck, play.drawing, play.entry)[0]
        page = page * deck.sketch.line[int(play.drawing)]
        grown = -(-RENDERED // page.shape[1])
        picture = page.repeat_interleave(grown, 1).repeat_interleave(grown, 2)
        return (picture.permute(1, 2, 0) * 255).round().byte().numpy()

    def _observation(self) -> Observation:
        return {name: value[0] for name, value in self.rules.observe(self.play).items()}

    def _info(self) -> dict[str, Any]:
        drawing = int(self.play.drawing)
        return {
            "drawing": drawing,
            "id": self.rules.deck.sketch.id[drawing],
            "action_mask": self.rules.mask(self.play)[0],
        }
