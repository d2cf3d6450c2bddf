"""The colours of a sketch's regions: flats painted from them, and the palette read off them."""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.types import Partition, RegionMap

MAX_PALETTE = 16


def paint(color: Tensor, region_index: Tensor) -> Tensor:
    """(C, H, W) image of ``color`` (R+1, C), by the ``region_index`` (H, W) of each pixel."""
    return color[region_index.long()].permute(2, 0, 1).contiguous()


def region_colors(image: Tensor, regions: RegionMap) -> Tensor:
    """(R+1, C) the colour of each region in a region-exact ``image`` (C, H, W); 0 for slot 0."""
    flat = regions.region_index.reshape(-1).long()
    pixel = torch.zeros(regions.n_regions + 1, dtype=torch.long)
    pixel[flat] = torch.arange(len(flat))
    return torch.cat([image.new_zeros(1, len(image)), image.flatten(1)[:, pixel[1:]].T])


def palette_of(
    color: Tensor, painted: Tensor, regions: RegionMap | Partition
) -> tuple[Tensor, Tensor]:
    """Distinct colours (K, 3) of the painted regions, the largest share first, and shares (K,).

    ``color`` (R+1, 3), ``painted`` (R+1,) bool. A share is of the painted area that is not
    background. Beyond MAX_PALETTE colours the rarest joins its nearest. A sketch without paint
    has K = 1 with white and share 0: nothing given.
    """
    area = regions.area * painted
    area[0] = 0
    area[regions.background] = 0
    if not area.any():
        return torch.ones(1, 3), torch.zeros(1)
    used = area > 0
    palette, index = torch.unique(color[used], dim=0, return_inverse=True)
    share = torch.zeros(len(palette)).index_add_(0, index, area[used])
    while len(palette) > MAX_PALETTE:
        palette, share = _without_rarest(palette, share)
    order = torch.argsort(share, descending=True, stable=True)
    return palette[order], share[order] / share.sum()


def _without_rarest(palette: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    rarest = int(share.argmin())
    distance = (palette - palette[rarest]).square().sum(1)
    distance[rarest] = torch.inf
    share = share.clone()
    share[int(distance.argmin())] += share[rarest]
    keep = torch.arange(len(palette)) != rarest
    return palette[keep], share[keep]
