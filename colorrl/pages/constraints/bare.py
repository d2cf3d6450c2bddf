"""A word on large enclosed areas that end up as bare as the paper: people expect colour there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.pages.vote import AGREE
from colorrl.regions.graph import areas
from colorrl.types import Partition

# of the page: smaller areas are white often enough, and a note on each would hide those that count
LARGE = 0.05


def notes_on_bare(
    regions: Partition,
    colors: NDArray[np.uint8],
    generated: NDArray[np.bool_],
    bubble: NDArray[np.bool_],
) -> Iterator[str]:
    """A note on each enclosed region of LARGE and more that shows the paper, or looks like it.

    ``colors`` (R+1, 3) are sRGB; ``generated`` (R+1,) marks those that are the generator's own,
    and ``bubble`` (R+1,) what the rule for bubbles left bare. What a person asked for is no news.
    """
    region_index = regions.region_index.numpy()
    share = areas(region_index) / region_index.size
    enclosed = np.ones(len(share), bool)
    enclosed[
        np.concatenate([region_index[0], region_index[-1], region_index[:, 0], region_index[:, -1]])
    ] = False
    enclosed[[0, regions.background]] = False
    white = generated & _like_paper(colors)
    for region in np.flatnonzero(enclosed & (share >= LARGE) & (white | bubble)).tolist():
        what = f"region {region}, {share[region]:.0%} of the page, is left"
        if bubble[region]:
            yield f"{what} bare as a speech bubble: a hint or leave_blank=[gutters] colours it"
        else:
            yield f"{what} almost white by the generator: a hint or samples= can colour it"


def _like_paper(colors: NDArray[np.uint8]) -> NDArray[np.bool_]:
    lab = srgb_to_lab(torch.from_numpy(colors / np.float32(255)), -1)
    off = delta_e_2000(lab, srgb_to_lab(torch.ones(1, 3), -1))
    return np.asarray(off.numpy() <= AGREE)
