"""What an agent sees of a game: spaces, and N games as arrays."""

from __future__ import annotations

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray

from colorrl.task.deck import Deck
from colorrl.task.play import Play, next_region, open_regions

Observation = dict[str, NDArray[np.float32]]
FEATURE_BOUND = 4.0  # log area over 8 and coordinates in (-1, 1) stay well within


def observation_space(deck: Deck) -> spaces.Dict:
    """The arrays of `observe` for one game, R regions and K entries."""
    n_regions, n_entries = deck.region.shape[1], deck.n_palette
    features = (n_regions, deck.feature.shape[2])
    shares = {
        "touching": (n_regions, n_regions),
        "palette": (n_entries, 4),
        "colors": (n_regions, 4),
        "next": (n_regions,),
    }
    boxes: dict[str, spaces.Space] = {
        "regions": spaces.Box(-FEATURE_BOUND, FEATURE_BOUND, features, np.float32)
    }
    boxes |= {name: spaces.Box(0.0, 1.0, shape, np.float32) for name, shape in shares.items()}
    return spaces.Dict(boxes)


def observe(deck: Deck, play: Play, *, any_order: bool) -> Observation:
    """N games, each array with a first axis of N.

    regions (R, 7): log area, centre, spread, skew, share of the area; touching (R, R): contact with
    each other region as a share of a region's own; palette (K, 4): sRGB and share; colors (R, 4):
    sRGB so far, white without, and 1 where the region has had its move; next (R,): 1 at the region
    that the move colours, with ``any_order`` at all that it may.
    """
    palette, share = deck.sketch.palette, deck.sketch.share
    assert palette is not None and share is not None
    given = palette[play.drawing] * (share[play.drawing] > 0)[..., None]
    index = play.entry.clamp(min=0)[..., None].expand(-1, -1, 3)
    shown = torch.where((play.entry < 0)[..., None], 1.0, given.gather(1, index))
    following = open_regions(deck, play)
    if not any_order:
        following &= torch.arange(following.shape[1]) == next_region(deck, play)[:, None]
    arrays = {
        "regions": deck.feature[play.drawing],
        "touching": deck.touching[play.drawing],
        "palette": torch.cat([given, share[play.drawing][..., None]], 2),
        "colors": torch.cat([shown, play.colored[..., None]], 2),
        "next": following,
    }
    return {name: value.numpy().astype(np.float32) for name, value in arrays.items()}
