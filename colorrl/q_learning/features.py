"""What a move looks like to a learner that generalises: numbers of it, tokens of regions."""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.q_learning.decisions import Decisions

NEAR = 0.02  # shares closer than this are one


def move_features(game: Decisions) -> Tensor:
    """(S, A, F) of each move: region, entry, and how shares would stand after it.

    Areas against the palette's shares say most of what `reference_free` pays; contact with
    regions of the same entry says the rest.
    """
    deck, state = game.deck, game.drawing
    area, asked = deck.feature[state, :, 6], _asked(game)  # (S, R), (S, A)
    holds = _holds(game)  # (S, R, A)
    used = (area[..., None] * holds).sum(1)  # (S, A)
    here = area.gather(1, game.depth[:, None])  # (S, 1)
    left = asked - used
    todo = area.sum(1, keepdim=True) - used.sum(1, keepdim=True)
    touch = _touching_next(game)
    over = (-left).clamp(min=0)
    after = (here - left.clamp(min=0)).clamp(min=0)
    last = (todo - here < NEAR).float()
    geometry = deck.feature[state, game.depth]  # (S, 7)
    shared = [here, todo, touch.sum(1, keepdim=True), last, over.sum(1, keepdim=True), geometry]
    own = [
        asked, used, left, left - here, (left - here).abs(), after, after * last,
        (left - here > -NEAR).float(), (used < NEAR).float(),
        (touch[..., None] * holds).sum(1),
    ]  # fmt: skip
    columns = [s[:, None].expand(-1, asked.shape[1], -1) for s in shared]
    columns += [o[..., None] for o in own]
    palette = deck.sketch.palette
    assert palette is not None
    return torch.cat([*columns, palette[state]], 2) * game.possible[..., None]


def region_tokens(game: Decisions) -> Tensor:
    """(S, A, R, F) of each region as it stands after a move; 0 for regions that are not there."""
    deck, state = game.deck, game.drawing
    n_entries = game.possible.shape[1]
    rank = torch.arange(game.entry.shape[1])
    following = (rank == game.depth[:, None]).float()  # (S, R)
    there = (rank < deck.n_regions[state, None]).float()
    holds = _holds(game)  # (S, R, A)
    asked = (holds * _asked(game)[:, None]).sum(2)  # (S, R) share of the entry that it holds
    shared = torch.cat(
        [
            deck.feature[state],
            torch.stack([(game.entry >= 0).float(), following, _touching_next(game), asked], 2),
        ],
        2,
    )  # (S, R, F)
    same = torch.maximum(holds, following[..., None]).transpose(1, 2)[..., None]  # (S, A, R, 1)
    tokens = torch.cat([shared[:, None].expand(-1, n_entries, -1, -1), same], 3)
    return tokens * there[:, None, :, None]


def _asked(game: Decisions) -> Tensor:
    share = game.deck.sketch.share
    assert share is not None
    return share[game.drawing]


def _holds(game: Decisions) -> Tensor:
    """(S, R, A) 1 where a region holds an entry."""
    entries = torch.arange(game.possible.shape[1])
    return (game.entry[..., None] == entries).float()


def _touching_next(game: Decisions) -> Tensor:
    """(S, R) contact of each region with the next one, as a share of the next one's."""
    return game.deck.touching[game.drawing, game.depth]
