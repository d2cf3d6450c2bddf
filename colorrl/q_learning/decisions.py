"""Enumerated drawings as one table of states: where each move leads, what it pays, its Q*."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from colorrl.rewards.total import TotalReward
from colorrl.task.deck import BARE, Deck
from colorrl.task.exact import all_totals, q_star

END = -1  # the state after the last move


@dataclass(frozen=True, slots=True)
class Decisions:
    """S states of M drawings, A entries. Regions are coloured in order; the end alone pays."""

    deck: Deck
    start: Tensor  # (M,) int64, the state of each drawing with nothing coloured
    drawing: Tensor  # (S,) int64
    depth: Tensor  # (S,) int64, regions coloured so far
    entry: Tensor  # (S, R) int64, BARE where nothing is coloured yet
    possible: Tensor  # (S, A) bool, entries that the drawing's palette has
    successor: Tensor  # (S, A) int64, END after the last region
    reward: Tensor  # (S, A)
    q_star: Tensor  # (S, A), 0 where not possible

    @property
    def best(self) -> Tensor:
        """(M,) the best total of each drawing."""
        return self.q_star.masked_fill(~self.possible, -torch.inf)[self.start].amax(1)


def enumerated(deck: Deck, reward: TotalReward) -> Decisions:
    """Every state of every drawing of ``deck``. Raises ValueError for a drawing too large."""
    parts = [_of_drawing(deck, all_totals(deck, reward, m), m) for m in range(len(deck))]
    sizes = torch.tensor([len(part["depth"]) for part in parts])
    start = sizes.cumsum(0) - sizes
    for part, first in zip(parts, start.tolist(), strict=True):
        part["successor"] += first * (part["successor"] != END)
    columns = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    return Decisions(deck, start, **columns)


def _of_drawing(deck: Deck, returns: Tensor, m: int) -> dict[str, Tensor]:
    """The columns of one drawing's states, depth by depth, numbered from 0."""
    n_entries, n_regions, width = returns.shape[0], returns.ndim, deck.n_palette
    values = q_star(returns)
    entry, first = [], 0
    successor, reward = [], []
    for depth, value in enumerate(values):
        chosen = torch.full((len(value), deck.region.shape[1]), BARE)
        rows = torch.arange(len(value))
        for t in range(depth):  # the first entry is the slowest digit
            chosen[:, t] = rows // n_entries ** (depth - 1 - t) % n_entries
        entry.append(chosen)
        following = first + len(value) + torch.arange(value.numel()).view_as(value)
        last = depth == n_regions - 1
        successor.append(torch.full_like(following, END) if last else following)
        reward.append(value if last else torch.zeros_like(value))
        first += len(value)
    columns = {"successor": successor, "reward": reward, "q_star": values}
    fill = {"successor": END, "reward": 0.0, "q_star": 0.0}
    wide = {
        name: torch.nn.functional.pad(torch.cat(found), (0, width - n_entries), value=fill[name])
        for name, found in columns.items()
    }
    depths = [torch.full((len(v),), t) for t, v in enumerate(values)]
    return wide | {
        "drawing": torch.full((first,), m),
        "depth": torch.cat(depths),
        "entry": torch.cat(entry),
        "possible": (torch.arange(width) < n_entries).expand(first, -1),
    }
