"""Games on a deck: what has been coloured, what a move does, which moves there are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from colorrl.task.deck import BARE, Deck


@dataclass(frozen=True, slots=True)
class Play:
    """N games, each on one drawing."""

    drawing: Tensor  # (N,) int64 row of the deck
    entry: Tensor  # (N, R) int64, BARE where nothing was chosen
    colored: Tensor  # (N, R) bool, regions that have had their move
    moves: Tensor  # (N,) int64


def start(deck: Deck, drawing: Tensor) -> Play:
    """Games on the drawings ``drawing`` (N,) with nothing coloured."""
    entry = torch.full((len(drawing), deck.region.shape[1]), BARE)
    return Play(drawing, entry, torch.zeros_like(entry, dtype=torch.bool), drawing * 0)


def over(deck: Deck, play: Play) -> Tensor:
    """(N,) bool: as many moves were made as the drawing has regions."""
    return play.moves >= deck.n_regions[play.drawing]


def act(deck: Deck, play: Play, region: Tensor, entry: Tensor) -> Play:
    """``play`` after each game colours its ``region`` (N,), a rank, in ``entry`` (N,).

    A region that was coloured before keeps its colour and one that is not there stays so: the
    move is lost. An entry that the palette lacks leaves the region bare.
    """
    at = region[:, None]
    there = (at < deck.n_regions[play.drawing, None]) & ~play.colored.gather(1, at)
    known = entry < deck.n_entries[play.drawing]
    kept = torch.where(known, entry, BARE)[:, None]
    kept = torch.where(there, kept, play.entry.gather(1, at))
    colored = play.colored.scatter(1, at, play.colored.gather(1, at) | there)
    return replace(
        play, entry=play.entry.scatter(1, at, kept), colored=colored, moves=play.moves + 1
    )


def next_region(deck: Deck, play: Play) -> Tensor:
    """(N,) rank of the largest region that is not coloured; the last rank when the game is over."""
    return play.moves.clamp(max=deck.region.shape[1] - 1)


def open_regions(deck: Deck, play: Play) -> Tensor:
    """(N, R) bool: regions that are there and not coloured."""
    rank = torch.arange(deck.region.shape[1])
    return (rank < deck.n_regions[play.drawing, None]) & ~play.colored


def possible(deck: Deck, play: Play, width: int, *, any_order: bool) -> Tensor:
    """(N, A) bool: moves that colour a region in an entry of the palette.

    A = ``width`` entries, or with ``any_order`` regions times entries, region by region.
    """
    known = torch.arange(width) < deck.n_entries[play.drawing, None]
    if not any_order:
        return known
    return (open_regions(deck, play)[..., None] & known[:, None]).flatten(1)
