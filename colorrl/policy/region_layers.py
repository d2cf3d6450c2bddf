"""Layers of the flat generator and the region matrices they pool with."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers.models.embeddings import get_timestep_embedding
from torch import Tensor, nn

from colorrl.types import SketchBatch

# turns of `share_feature` in half circles an octave, and how many numbers it gives
WAVES = (0.25, 0.5, 1.0, 2.0)
SHARES = 1 + 2 * len(WAVES)


def zeroed(layer: nn.Linear) -> nn.Linear:
    """``layer`` with weights and bias 0: at first it adds nothing."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def region_matrix(region_index: Tensor, n_slots: int) -> Tensor:
    """One-hot membership (N, S, H, W) float32 of an owner map (N, H, W) int64."""
    empty = torch.zeros(
        len(region_index), n_slots, *region_index.shape[1:], device=region_index.device
    )
    return empty.scatter_(1, region_index[:, None], 1.0)


def share_feature(share: Tensor) -> Tensor:
    """(N, K, SHARES) of shares (N, K) in [0, 1]: log2, about -1 to 1, and waves of it; 0 reads 0.

    Waves of 8 octaves to 1 make the inner product of two shares fall with their ratio: which
    regions add up to a palette entry shows by area before anything else.
    """
    log = share.clamp(min=1e-3).log2()
    turn = torch.stack([log * torch.pi * wave for wave in WAVES], -1)
    feature = torch.cat([1 + log[..., None] / 5, turn.sin(), turn.cos()], dim=-1)
    return torch.where(share[..., None] > 0, feature, 0.0)


def region_share(area: Tensor, background: Tensor) -> Tensor:
    """(N, S) share of the area (N, S) in pixels that is not background; 0 for the background."""
    figure = area.scatter(1, background[:, None], 0.0)
    return figure / figure.sum(1, keepdim=True).clamp(min=1)


def coordinates(size: int, device: torch.device) -> Tensor:
    """(1, 2, size, size): row and column of each pixel centre in (-1, 1)."""
    axis = (torch.arange(size, device=device) + 0.5) * (2 / size) - 1
    return torch.stack(torch.meshgrid(axis, axis, indexing="ij"))[None]


def region_geometry(member: Tensor, area: Tensor, background: Tensor) -> Tensor:
    """(N, S, 7): log area share, centre, spread, elongation and whether it is the background.

    ``member`` (N, S, H, W) one-hot, ``area`` (N, S, 1) its pixels; ``background`` (N,) region
    ids. Absent regions read 0.
    """
    _, n_slots, size, _ = member.shape
    flat = member.flatten(2)  # (N, S, HW)
    place = coordinates(size, member.device).flatten(2).transpose(1, 2)  # (1, HW, 2)
    row, column = place.unbind(2)
    moments = torch.stack([row, column, row**2, column**2, row * column], dim=2)
    mean = (flat @ moments) / area.clamp(min=1)  # (N, S, 5)
    center = mean[..., :2]
    spread = (mean[..., 2:4] - center**2).clamp(min=0).sqrt()
    skew = mean[..., 4:] - center.prod(2, keepdim=True)
    paper = F.one_hot(background, n_slots)[..., None] * (background > 0)[:, None, None]
    log_area = torch.log(area.clamp(min=1) / size**2) / 8
    exists = (area > 0).float()
    return torch.cat([log_area, center, spread, skew, paper.float()], dim=2) * exists


def asked_rendering(sketch: SketchBatch) -> Tensor:
    """(N,) float32, 1 where shaded colour is asked for."""
    if sketch.rendering is None:
        return sketch.line.new_zeros(len(sketch))
    return sketch.rendering.to(sketch.line.dtype)


def region_hints(member: Tensor, hint: Tensor | None) -> Tensor:
    """(N, S, 4): the mean colour in [-1, 1] of the hints in each region and 1; else 0.

    ``member`` (N, S, H, W) one-hot; ``hint`` (N, 4, H, W) sRGB and 1 where a colour is given.
    """
    if hint is None:
        return member.new_zeros(*member.shape[:2], 4)
    mask = hint[:, 3:]
    signed = torch.cat([(hint[:, :3] * 2 - 1) * mask, mask], dim=1)
    total = member.flatten(2) @ signed.flatten(2).transpose(1, 2)  # (N, S, 4)
    return total / total[..., 3:].clamp(min=1)


def _mlp(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))


class TimeEmbedding(nn.Module):
    """Times (N,) in [0, 1] to features (N, C)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.mlp = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, t: Tensor) -> Tensor:
        return self.mlp(get_timestep_embedding(t * 1000, self.width))


class GridBlock(nn.Module):
    """Depthwise convolution and MLP on a grid (N, C, G, G), modulated by time if ``timed``."""

    def __init__(self, width: int, *, timed: bool) -> None:
        super().__init__()
        self.mix = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.modulate = nn.Linear(width, 2 * width) if timed else None
        self.mlp = _mlp(width)
        nn.init.normal_(self.mlp.get_parameter("2.weight"), std=0.02)

    def forward(self, grid: Tensor, time: Tensor | None = None) -> Tensor:
        x = self.norm(self.mix(grid).permute(0, 2, 3, 1))
        if self.modulate is not None and time is not None:
            scale, shift = self.modulate(F.silu(time))[:, None, None].chunk(2, dim=-1)
            x = x * (1 + scale) + shift
        return grid + self.mlp(x).permute(0, 3, 1, 2)


class TokenBlock(nn.Module):
    """Self-attention and MLP over tokens (N, L, C), modulated by time if ``timed``."""

    def __init__(self, width: int, n_heads: int, *, timed: bool) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm_attention = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.modulate = nn.Linear(width, 2 * width) if timed else None
        self.mlp = _mlp(width)

    def forward(self, token: Tensor, valid: Tensor, time: Tensor | None = None) -> Tensor:
        """``valid`` (N, 1, 1, L) bool: tokens that may be attended to."""
        qkv = self.qkv(self.norm_attention(token)).unflatten(2, (3, self.n_heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (N, heads, L, C / heads)
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=valid)
        token = token + self.out(attended.transpose(1, 2).flatten(2))
        x = self.norm(token)
        if self.modulate is not None and time is not None:
            scale, shift = self.modulate(F.silu(time))[:, None].chunk(2, dim=-1)
            x = x * (1 + scale) + shift
        return token + self.mlp(x)
