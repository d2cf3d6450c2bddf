"""What region tokens are made of: pooled line features, geometry, how regions lie to each other.

All of it is read off the line art and the owner map at the resolution of cells (the patches of the
first grid), so that 128 px cost what 32 cells cost. Letters: C channels, G cells along a side,
S = R + 1 region slots.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorrl.policy.region_layers import GridBlock, coordinates

GEOMETRY = 9  # numbers of `cell_geometry`
PAIRS = 11  # numbers of `pair_features`
LEAST_SHARE = 1e-5  # of the page: what the logarithm of an area starts from


def cell_shares(region_index: Tensor, n_slots: int, cell: int) -> Tensor:
    """(N, S, G, G) share of each cell of ``cell`` x ``cell`` pixels that each region owns.

    ``region_index`` (N, H, W) int64. Counted, not pooled from a one-hot image of every region.
    """
    n, height, width = region_index.shape
    rows, columns = height // cell, width // cell
    at = torch.arange(height, device=region_index.device)[:, None] // cell * columns
    at = at + torch.arange(width, device=region_index.device) // cell  # (H, W) cell of each pixel
    first = torch.arange(n, device=region_index.device)[:, None, None] * n_slots
    index = (first + region_index) * (rows * columns) + at
    count = torch.bincount(index.flatten(), minlength=n * n_slots * rows * columns)
    return count.view(n, n_slots, rows, columns).float() / cell**2


def contact_lengths(region_index: Tensor, n_slots: int) -> Tensor:
    """(N, S, S) pixels along which two regions of ``region_index`` (N, H, W) touch, symmetric."""
    first = torch.arange(len(region_index), device=region_index.device)[:, None, None] * n_slots
    right = (first + region_index[:, :, :-1]) * n_slots + region_index[:, :, 1:]
    below = (first + region_index[:, :-1]) * n_slots + region_index[:, 1:]
    index = torch.cat([right.flatten(), below.flatten()])
    count = torch.bincount(index, minlength=len(region_index) * n_slots**2)
    ordered = count.view(-1, n_slots, n_slots).float()
    both = ordered + ordered.transpose(1, 2)
    return both - torch.diag_embed(both.diagonal(dim1=1, dim2=2))


def cell_geometry(member: Tensor, background: Tensor) -> Tensor:
    """(N, S, GEOMETRY): log area, its root, centre, spread, tilt, touches the rim, is the paper.

    ``member`` as `cell_shares`; ``background`` (N,) region ids. Absent regions read 0.
    """
    n_slots, side = member.shape[1], member.shape[-1]
    flat = member.flatten(2)
    share = flat.mean(2, keepdim=True)  # of the page
    row, column = coordinates(side, member.device).flatten(2).transpose(1, 2).unbind(2)
    moments = torch.stack([row, column, row**2, column**2, row * column], dim=2)
    mean = flat @ moments / flat.sum(2, keepdim=True).clamp(min=LEAST_SHARE)
    center = mean[..., :2]
    spread = (mean[..., 2:4] - center**2).clamp(min=0).sqrt()
    tilt = mean[..., 4:] - center.prod(2, keepdim=True)
    rim = member[:, :, 0].sum(2) + member[:, :, -1].sum(2)
    rim = rim + member[..., 0].sum(2) + member[..., -1].sum(2)
    paper = F.one_hot(background, n_slots)[..., None] * (background > 0)[:, None, None]
    log_area = share.clamp(min=LEAST_SHARE).log() / 8
    numbers = [log_area, share.sqrt(), center, spread, tilt, rim[..., None] / (4 * side)]
    return torch.cat([*numbers, paper.float()], dim=2) * (share > 0)


def pair_features(geometry: Tensor, contact: Tensor) -> Tensor:
    """(N, S, S, PAIRS) how region j lies to region i: contact, offset, size, mirror image.

    ``geometry`` as `cell_geometry`, ``contact`` as `contact_lengths`.
    """
    length = contact.sum(2, keepdim=True).clamp(min=1)
    own, others = contact / length, contact / length.transpose(1, 2)
    center = geometry[..., 2:4]
    offset = center[:, None] - center[:, :, None]  # (N, S, S, 2)
    figure = geometry[..., 1] ** 2 * (1 - geometry[..., -1])  # (N, S) area share
    middle = (figure[..., None] * center).sum(1) / figure.sum(1).clamp(min=LEAST_SHARE)[:, None]
    across = (center[:, None] + center[:, :, None])[..., 1] - 2 * middle[:, None, None, 1]
    size = geometry[:, None, :, 0] - geometry[:, :, None, 0]
    form = (geometry[:, None, :, 4:6] - geometry[:, :, None, 4:6]).abs().sum(3)
    rows = [own, others, (contact > 0).float(), offset[..., 0], offset[..., 1]]
    rows += [offset.norm(dim=3), across.abs(), offset[..., 0].abs(), size, size.abs(), form]
    return torch.stack(rows, dim=3)


class PairBlock(nn.Module):
    """Self-attention with a learned bias for each pair of tokens, and an MLP, over (N, L, C)."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm_attention = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        nn.init.normal_(self.mlp.get_parameter("2.weight"), std=0.02)

    def forward(self, token: Tensor, bias: Tensor) -> Tensor:
        """``bias`` (N, heads, L, L), -inf for tokens that may not be attended to.

        Written out: torch's fused attention takes another kernel where the bias learns, so that an
        update would round otherwise than the sampling that it scores.
        """
        qkv = self.qkv(self.norm_attention(token)).unflatten(2, (3, self.n_heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4).contiguous()  # each (N, heads, L, C / heads)
        score = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5 + bias
        attended = (score.softmax(3) @ v).transpose(1, 2).flatten(2)
        token = token + self.out(attended)
        return token + self.mlp(self.norm(token))


class LineTrunk(nn.Module):
    """Features of line art at cells and at two coarser grids, pooled by region."""

    def __init__(self, cell: int, width: int, n_blocks: int) -> None:
        super().__init__()
        self.cell = cell
        self.channels = (width // 4, width // 2, width)
        fine, middle, coarse = self.channels
        self.stem = nn.Conv2d(cell**2 + 2, fine, 3, padding=1)
        self.fine = nn.ModuleList(GridBlock(fine, timed=False) for _ in range(1))
        self.down = nn.Conv2d(fine, middle, 2, stride=2)
        self.middle = nn.ModuleList(GridBlock(middle, timed=False) for _ in range(n_blocks))
        self.further = nn.Conv2d(middle, coarse, 2, stride=2)
        self.coarse = nn.ModuleList(GridBlock(coarse, timed=False) for _ in range(n_blocks))

    def forward(self, line: Tensor, member: Tensor) -> Tensor:
        """(N, S, sum of channels) mean features of each region of ``line`` (N, 1, H, W)."""
        ink = F.pixel_unshuffle(1 - line, self.cell)
        place = coordinates(ink.shape[-1], line.device).expand(len(line), -1, -1, -1)
        x = torch.cat([ink, place], dim=1).contiguous(memory_format=torch.channels_last)
        pooled = []
        stages = zip((self.stem, self.down, self.further), (self.fine, self.middle, self.coarse),
                     strict=True)  # fmt: skip
        for enter, blocks in stages:
            x = enter(x)
            for block in blocks:
                x = block(x)
            share = F.normalize(member.flatten(2), p=1, dim=2)
            pooled.append(share @ x.permute(0, 2, 3, 1).flatten(1, 2))
            member = F.avg_pool2d(member, 2)
        return torch.cat(pooled, dim=2)
