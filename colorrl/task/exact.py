"""Exact values of small drawings, by enumeration of every colouring."""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.rewards.total import TotalReward
from colorrl.task.deck import BARE, Deck, totals

MOST = 50_000  # colourings of one drawing that are enumerated


def all_totals(deck: Deck, reward: TotalReward, drawing: int) -> Tensor:
    """(K, ..., K), an axis for each of R regions, the largest first: every colouring's reward.

    Raises ValueError for a drawing with more than MOST colourings.
    """
    n_regions, n_entries = int(deck.n_regions[drawing]), int(deck.n_entries[drawing])
    shape = (n_entries,) * n_regions
    if n_entries**n_regions > MOST:
        raise ValueError(
            f"'{deck.sketch.id[drawing]}' has {n_entries}^{n_regions} colourings: "
            f"enumerate drawings of at most {MOST}"
        )
    entry = torch.full((n_entries**n_regions, deck.region.shape[1]), BARE)
    entry[:, :n_regions] = torch.cartesian_prod(*[torch.arange(n_entries)] * n_regions).view(
        -1, n_regions
    )
    return totals(deck, reward, torch.full((len(entry),), drawing), entry).view(shape)


def q_star(returns: Tensor) -> list[Tensor]:
    """Q* of each move of the ordered game whose final rewards are ``returns`` (K, ..., K).

    The t-th is (K^t, K): the best final reward after the first t entries (a row, the first entry
    slowest) and the next (a column). The reward comes at the end and is not discounted.
    """
    n_entries, n_regions = returns.shape[0], returns.ndim
    return [returns.reshape(n_entries**t, n_entries, -1).amax(2) for t in range(n_regions)]
