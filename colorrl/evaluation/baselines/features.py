"""What a region looks like: place, shape, neighbours, the line art around it.

Colours are no part of it, so that regions of one drawing can be looked up in another.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from colorrl.policy.region_layers import coordinates, region_geometry, region_matrix
from colorrl.types import SketchBatch

SIDE = 8  # samples along each side of a window
REACH = 2.0  # half a window's side: standard deviations of the region's pixels


def region_features(sketch: SketchBatch) -> list[Tensor]:
    """Groups of features (N, R+1, F), each of which counts alike: see `nearest.NearestRegions`.

    place and size (6): log area, centre, spread, skew; neighbours (4): rank by area, contact with
    the background, number, log area of the largest; shape (64) and line art (64) in a window.
    """
    member = region_matrix(sketch.regions.region_index, sketch.regions.n_slots)
    area = member.sum((2, 3))[..., None]
    geometry = region_geometry(member, area, sketch.regions.background)[..., :6]
    mask, line = _windows(member, sketch.line, geometry)
    return [geometry, _neighbors(sketch), mask, line]


def _neighbors(sketch: SketchBatch) -> Tensor:
    """(N, R+1, 4) see `region_features`."""
    regions, area = sketch.regions, sketch.regions.area
    row = torch.arange(len(sketch), device=area.device)[:, None]
    i, j = regions.edges.unbind(2)
    contact = torch.zeros(*area.shape, regions.n_slots, device=area.device)
    contact[row, i, j] = regions.contact
    contact[row, j, i] = regions.contact
    inside = area.scatter(1, regions.background[:, None], 0.0)
    inside[:, 0] = 0
    larger = inside[:, None] > inside[..., None]  # (N, R+1, R+1) the second is the larger
    rank = (larger * inside[:, None]).sum(2) / inside.sum(1, keepdim=True).clamp(min=1)
    touching = contact > 0
    largest = (touching * inside[:, None]).amax(2)
    background = contact.gather(2, regions.background[:, None, None].expand(-1, area.shape[1], 1))
    beside = background[..., 0] / contact.sum(2).clamp(min=1)
    return torch.stack([rank, beside, touching.sum(2) / 8, (1 + largest).log() / 8], 2)


def _windows(member: Tensor, line: Tensor, geometry: Tensor) -> tuple[Tensor, Tensor]:
    """(N, R+1, 64) twice: each region's mask and the line art, in a window as wide as itself."""
    n, n_slots, _, size = member.shape
    center, spread = geometry[..., 1:3], geometry[..., 3:5]
    half = REACH * spread.amax(2, keepdim=True).clamp(min=2 / size)
    rows, columns = coordinates(SIDE, line.device)[0]
    place = torch.stack([columns, rows], 2)  # (SIDE, SIDE, 2) as grid_sample has it: x, y
    grid = center.flip(2)[:, :, None, None] + half[..., None, None] * place
    masks = F.grid_sample(
        member.flatten(0, 1)[:, None], grid.flatten(0, 1), align_corners=False
    ).view(n, n_slots, SIDE**2)
    ink = F.grid_sample(1 - line, grid.flatten(1, 2), align_corners=False)
    return masks, ink.view(n, n_slots, SIDE**2)
