"""A flat generator at twice its size, with the same answers.

Progressive growing (Karras et al., arXiv 1710.10196): what was learned on small pictures, where
steps are cheap, is the start on larger ones. The patch grid keeps its cells; a patch has four
times the pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

import torch
from torch import Tensor

if TYPE_CHECKING:
    from colorrl.policy.region_flow import RegionFlow

SHAPE = ("width", "n_blocks", "n_token_layers", "n_heads")


@runtime_checkable
class Growing(Protocol):
    """A network that can become one of twice the size."""

    def doubled(self) -> Self:
        """This network for pictures of twice the side, with the same answers."""
        ...


@torch.no_grad()
def grow(network: RegionFlow) -> RegionFlow:
    """``network`` for pictures of twice the side: of a page and noise twice as large as theirs it
    says what ``network`` says of the small ones, but for how finely a region's spread is read.
    """
    config, weights = network.config, dict(network.state_dict())
    side = config.patch // 2  # of the patches that the stem reads
    ink, place = weights["stem.weight"].split([side**2, 2], dim=1)
    weights["stem.weight"] = torch.cat([_spread(ink, side, 1) / 4, place], dim=1)
    weights["patch_in.weight"] = _spread(weights["patch_in.weight"], config.patch, 1) / 4
    for name in ("residual.weight", "residual.bias"):
        weights[name] = _spread(weights[name], config.patch, 0)
    large = type(network)(
        size=2 * config.size, patch=2 * config.patch, **{name: config[name] for name in SHAPE}
    )
    large.load_state_dict(weights)
    return large


def _spread(weight: Tensor, patch: int, dim: int) -> Tensor:
    """``weight`` with the (patch, patch) pixels along ``dim`` each repeated as 2 x 2."""
    pixels = weight.unflatten(dim, (-1, patch, patch))
    doubled = pixels.repeat_interleave(2, dim + 1).repeat_interleave(2, dim + 2)
    return doubled.flatten(dim, dim + 2)
