"""What a single environment and a vector of them share: drawings, reward, moves, pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict

import numpy as np
import torch
from gymnasium import spaces
from hydra.utils import instantiate
from numpy.typing import NDArray
from torch import Tensor

from colorrl.config.composed import composed
from colorrl.data.pairs import load_split
from colorrl.environment.observation import Observation, observation_space, observe
from colorrl.rewards.total import TotalReward
from colorrl.spaced import spaced
from colorrl.task.deck import Deck, fits, make_deck, totals
from colorrl.task.drawings import small_drawings
from colorrl.task.play import Play, act, next_region, over, possible
from colorrl.types import Sketch

MOST_KNOWN = 200_000  # pages, some 30 MB


@dataclass(frozen=True, slots=True)
class Rules:
    deck: Deck
    reward: TotalReward
    dense: bool  # pays what each move adds to the page's reward; else all at the end
    any_order: bool  # a move names its region; else the largest that is left is next
    known: dict[bytes, float]  # rewards of pages that were scored: games repeat themselves

    @property
    def observation_space(self) -> spaces.Dict:
        return observation_space(self.deck)

    @property
    def action_space(self) -> spaces.Discrete:
        """An entry of K, or with ``any_order`` region x K + entry."""
        width = self.deck.n_palette * (self.deck.region.shape[1] if self.any_order else 1)
        return spaces.Discrete(width)

    def observe(self, play: Play) -> Observation:
        return observe(self.deck, play, any_order=self.any_order)

    def mask(self, play: Play) -> NDArray[np.int8]:
        """(N, A) 1 for moves that colour a region in an entry of its palette."""
        moves = possible(self.deck, play, self.deck.n_palette, any_order=self.any_order)
        return moves.numpy().astype(np.int8)

    def move(self, play: Play, action: NDArray[np.int64]) -> Play:
        """``play`` after the actions (N,)."""
        move = torch.as_tensor(np.asarray(action), dtype=torch.long)
        if not self.any_order:
            return act(self.deck, play, next_region(self.deck, play), move)
        return act(self.deck, play, move // self.deck.n_palette, move % self.deck.n_palette)

    def page_rewards(self, play: Play) -> Tensor:
        """(N,) the reward of each page that is to be paid for now, 0 for others."""
        due = torch.ones_like(play.moves, dtype=torch.bool) if self.dense else over(self.deck, play)
        found = torch.zeros(len(due), dtype=torch.float64)
        if due.any():
            found[due] = self._scored(play.drawing[due], play.entry[due])
        return found

    def _scored(self, drawing: Tensor, entry: Tensor) -> Tensor:
        """(N,) totals of pages; those that were met before are looked up."""
        pages = [row.tobytes() for row in torch.cat([drawing[:, None], entry], 1).numpy()]
        fresh = {page: n for n, page in enumerate(pages) if page not in self.known}
        if len(self.known) + len(fresh) > MOST_KNOWN:
            self.known.clear()
            fresh = {page: n for n, page in enumerate(pages)}
        if fresh:
            rows = torch.tensor(list(fresh.values()))
            scores = totals(self.deck, self.reward, drawing[rows], entry[rows]).tolist()
            self.known.update(zip(fresh, scores, strict=True))
        return torch.tensor([self.known[page] for page in pages], dtype=torch.float64)


class Choice(TypedDict, total=False):
    """Which drawings and which rules; the defaults are those of `make_rules`."""

    split: str
    size: int
    limit: int | None
    max_regions: int | None
    max_entries: int | None
    dense: bool
    any_order: bool


def make_rules(
    drawings: Sequence[Sketch] | str | Path | None,
    reward: TotalReward | str,
    *,
    split: str = "train",
    size: int = 32,
    limit: int | None = None,
    max_regions: int | None = 6,
    max_entries: int | None = 5,
    dense: bool = False,
    any_order: bool = False,
) -> Rules:
    """``drawings``: sketches of one size, or the folder of a prepared set, of which ``split`` is
    read at ``size`` px; None: 64 small ones drawn in code. Larger ones than ``max_regions`` and
    ``max_entries`` are left out; ``limit`` of the rest are kept, evenly spaced.

    ``reward``: a preset of conf/reward. ``dense`` pays after each move what it adds to the page's
    reward. With ``any_order`` an action is region x K + entry.
    Raises ValueError where no drawing is left or the set has no such split.
    """
    if drawings is None:
        drawings = small_drawings(64, size)
    elif isinstance(drawings, str | Path):
        drawings = load_split(Path(drawings), split, size)
    fitting = [s for s in drawings if fits(s, max_regions, max_entries)]
    if not fitting:
        raise ValueError(
            f"none of {len(drawings)} drawings has a palette, at most {max_regions} regions and "
            f"{max_entries} entries: raise max_regions and max_entries or give other drawings"
        )
    deck = make_deck(spaced(fitting, limit))
    return Rules(deck, preset(reward) if isinstance(reward, str) else reward, dense, any_order, {})


@cache
def preset(name: str) -> TotalReward:
    """The reward conf/reward/``name``.yaml, as shipped."""
    made: TotalReward = instantiate(composed(None, [f"+reward={name}"]).reward)
    return made
