"""The flat generator: encode the line art once, denoise small, pool by region.

Predicts the clean image x0 of flow matching (Lipman et al., arXiv 2210.02747) from a noisy
one. A time-free convolutional encoder reads the sketch once; its features, its regions and
its palette are the `RegionEncoding`, reused for every step and noise draw. The denoiser works on
a patch grid: each block mixes the grid, takes the mean over each region, lets region and
palette tokens attend to each other and gives the result back to the pixels. The head points
each region at the palette, adds a free colour, and a per-pixel residual: a picture is not
region-exact by construction, so there is something left to verify.

Letters: C width, G x G the patch grid (size / patch), S = R + 1 region slots, K palette entries.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from colorrl.policy.entries import Mix
from colorrl.policy.grow import grow
from colorrl.policy.protocol import StateSpace
from colorrl.policy.region_layers import (
    SHARES,
    GridBlock,
    TimeEmbedding,
    TokenBlock,
    asked_rendering,
    coordinates,
    region_geometry,
    region_hints,
    region_matrix,
    region_share,
    share_feature,
    zeroed,
)
from colorrl.policy.space import PIXELS
from colorrl.types import SketchBatch


@dataclass(frozen=True, slots=True)
class RegionEncoding:
    """What the network knows of N sketches before any noise."""

    grid: Tensor  # (N, C, G, G) features of the line art
    token: Tensor  # (N, S + 1 + K, C) regions, the null colour, palette entries
    valid: Tensor  # (N, 1, 1, S + 1 + K) bool, slots that exist
    pool: Tensor  # (N, S, G*G) row-normalised: mean over a region's patches
    spread: Tensor  # (N, G*G, S) share of each patch that a region owns
    member: Tensor  # (N, S, H*W) one-hot: which pixels a region owns
    area: Tensor  # (N, S, 1) how many they are
    region_index: Tensor  # (N, H, W) int64
    palette: Tensor  # (N, K, 3) in [-1, 1]

    def repeat(self, n: int) -> RegionEncoding:
        """Each row ``n`` times in a row: one encoding serves a group of samples."""
        values = (getattr(self, f) for f in self.__slots__)
        return RegionEncoding(*(v.repeat_interleave(n, 0) for v in values))


class RegionFlow(ModelMixin, ConfigMixin):
    """x0-predicting flow-matching network conditioned on line art, regions and a palette.

    Args:
        size: side of the square image in pixels, a multiple of 2 * patch.
        patch: side of the pixel-unshuffle patch.
        width: channels of grid and tokens.
        n_blocks: denoising blocks.
        n_token_layers: time-free attention layers over region and palette tokens.
    """

    space: StateSpace = PIXELS

    @register_to_config
    def __init__(
        self,
        size: int = 64,
        patch: int = 4,
        width: int = 96,
        n_blocks: int = 4,
        n_token_layers: int = 4,
        n_heads: int = 4,
    ) -> None:
        super().__init__()
        half = width // 2
        self.stem = nn.Conv2d((patch // 2) ** 2 + 2, half, 3, padding=1)
        self.fine_blocks = nn.ModuleList(GridBlock(half, timed=False) for _ in range(2))
        self.down = nn.Conv2d(half, width, 3, stride=2, padding=1)
        self.grid_blocks = nn.ModuleList(GridBlock(width, timed=False) for _ in range(2))
        self.coarse = nn.Conv2d(width, width, 2, stride=2)
        self.coarse_blocks = nn.ModuleList(GridBlock(width, timed=False) for _ in range(2))
        self.region_in = nn.Linear(half + width + 7 + SHARES, width)
        self.palette_in = nn.Linear(3 + SHARES, width)  # colour and share
        self.hint_in = nn.Linear(4, width, bias=False)  # colour and 1; no hint adds nothing
        self.rendering = nn.Parameter(torch.zeros(width))  # added where shading is asked for
        self.null_colour = nn.Parameter(torch.randn(width) * 0.02)
        self.token_layers = nn.ModuleList(
            TokenBlock(width, n_heads, timed=False) for _ in range(n_token_layers)
        )
        self.time = TimeEmbedding(width)
        self.patch_in = nn.Linear(3 * patch**2, width)
        self.colour_in = nn.Linear(3, width)
        self.blocks = nn.ModuleList(GridBlock(width, timed=True) for _ in range(n_blocks))
        self.token_blocks = nn.ModuleList(
            TokenBlock(width, n_heads, timed=True) for _ in range(n_blocks)
        )
        self.to_token = nn.ModuleList(nn.Linear(width, width) for _ in range(n_blocks))
        self.to_grid = nn.ModuleList(nn.Linear(width, width) for _ in range(n_blocks))
        self.token_norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.free_colour = nn.Linear(width, 3)
        self.grid_norm = nn.LayerNorm(width)
        self.residual = zeroed(nn.Linear(width, 3 * patch**2))

    def doubled(self) -> RegionFlow:
        """This network for pictures of twice the side, with the same answers."""
        return grow(self)

    def encode(self, sketch: SketchBatch) -> RegionEncoding:
        """Encode N sketches of ``size`` pixels. Raises ValueError on another size or no palette."""
        size, patch = self.config.size, self.config.patch
        if sketch.line.shape[-2:] != (size, size):
            shape = tuple(sketch.line.shape[-2:])
            raise ValueError(f"line art is {shape}, this generator draws {size} x {size} pixels")
        if sketch.palette is None or sketch.share is None:
            raise ValueError("no palette given: pass an empty one (share 0) to sample without")
        region_index, n_slots = sketch.regions.region_index, sketch.regions.n_slots
        member = region_matrix(region_index, n_slots)  # (N, S, H, W)
        fine, grid = self._features(sketch.line)
        shaded = asked_rendering(sketch)[:, None] * self.rendering  # (N, C)
        grid = grid + shaded[:, :, None, None]
        pooled = F.avg_pool2d(member, patch // 2)  # (N, S, 2G, 2G)
        to_fine, to_grid = pooled.flatten(2), F.avg_pool2d(pooled, 2).flatten(2)
        area = to_fine.sum(2, keepdim=True) * (patch // 2) ** 2
        pool = F.normalize(to_grid, p=1, dim=2)
        features = torch.cat(
            [
                F.normalize(to_fine, p=1, dim=2) @ fine.flatten(2).transpose(1, 2),
                pool @ grid.flatten(2).transpose(1, 2),
                region_geometry(member, area, sketch.regions.background),
                share_feature(region_share(area[..., 0], sketch.regions.background)),
            ],
            dim=2,
        )
        region = self.region_in(features) + self.hint_in(region_hints(member, sketch.hint))
        palette = sketch.palette * 2 - 1
        token, valid = self._tokens(region, area > 0, palette, sketch.share, shaded)
        return RegionEncoding(
            grid=grid,
            token=token,
            valid=valid,
            pool=pool,
            spread=to_grid.transpose(1, 2).contiguous(),
            member=member.flatten(2),
            area=area,
            region_index=region_index,
            palette=palette,
        )

    def _features(self, line: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C/2, 2G, 2G) and (N, C, G, G) features of line art (N, 1, H, W)."""
        ink = F.pixel_unshuffle(1 - line, self.config.patch // 2)
        place = coordinates(ink.shape[-1], line.device).expand(line.shape[0], -1, -1, -1)
        x = torch.cat([ink, place], dim=1).contiguous(memory_format=torch.channels_last)
        fine = self.stem(x)
        for block in self.fine_blocks:
            fine = block(fine)
        grid = self.down(fine)
        for block in self.grid_blocks:
            grid = block(grid)
        coarse = self.coarse(grid)
        for block in self.coarse_blocks:
            coarse = block(coarse)
        return fine, grid + F.interpolate(coarse, scale_factor=2.0)

    def _tokens(
        self, region: Tensor, exists: Tensor, palette: Tensor, share: Tensor, shaded: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Region, null and palette tokens after the time-free layers, and which of them exist."""
        null = self.null_colour.expand(len(region), 1, -1)
        entry = torch.cat([palette, share_feature(share)], dim=2)
        token = torch.cat([region, null, self.palette_in(entry)], dim=1) + shaded[:, None]
        always = torch.ones_like(share[:, :1], dtype=torch.bool)
        valid = torch.cat([exists[..., 0], always, share > 0], dim=1)[:, None, None, :]
        for layer in self.token_layers:
            token = layer(token, valid)
        return token, valid

    def predict(self, x: Tensor, t: Tensor, encoding: RegionEncoding) -> Tensor:
        """Clean image (N, 3, H, W) in [-1, 1] units from state ``x`` at times ``t`` (N,)."""
        return self.predict_mix(x, t, encoding).expected()

    def predict_mix(self, x: Tensor, t: Tensor, encoding: RegionEncoding) -> Mix:
        """What `predict` is the expectation of: each region's choice among the palette."""
        grid, token = self._denoise(x, t, encoding)
        region, entries = self._entries(token, encoding)
        free = torch.tanh(self.free_colour(region))
        return Mix(entries, free, encoding.palette, self._residual(grid), encoding.region_index)

    def read_regions(self, x: Tensor, t: Tensor, encoding: RegionEncoding) -> tuple[Tensor, Tensor]:
        """(N, S, C) what it knows of each region of state ``x``, and the log-shares of
        `predict_mix`: features for what is fitted to judge ``x``."""
        return self._entries(self._denoise(x, t, encoding)[1], encoding)

    def _denoise(self, x: Tensor, t: Tensor, encoding: RegionEncoding) -> tuple[Tensor, Tensor]:
        """(N, C, G, G) and (N, S + 1 + K, C) grid and tokens after all blocks."""
        n_slots = encoding.pool.shape[1]
        time = self.time(t)
        total = encoding.member @ x.flatten(2).transpose(1, 2)
        color = total / encoding.area.clamp(min=1)  # (N, S, 3) mean state of each region
        token = encoding.token + time[:, None]
        token = torch.cat([token[:, :n_slots] + self.colour_in(color), token[:, n_slots:]], 1)
        patches = F.pixel_unshuffle(x, self.config.patch)
        grid = encoding.grid + self.patch_in(patches.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        stages = zip(self.blocks, self.token_blocks, self.to_token, self.to_grid, strict=True)
        for block, token_block, to_token, to_grid in stages:
            grid = block(grid, time)
            flat = grid.permute(0, 2, 3, 1).flatten(1, 2)  # (N, G*G, C)
            pooled = to_token(encoding.pool @ flat)
            token = torch.cat([token[:, :n_slots] + pooled, token[:, n_slots:]], dim=1)
            token = token_block(token, encoding.valid, time)
            given = encoding.spread @ to_grid(token[:, :n_slots].contiguous())
            grid = grid + given.unflatten(1, grid.shape[2:]).permute(0, 3, 1, 2)
        return grid, token

    def _entries(self, token: Tensor, encoding: RegionEncoding) -> tuple[Tensor, Tensor]:
        """(N, S, C) region tokens, (N, S, 1 + K) log-shares of a free colour and the palette."""
        n_slots = encoding.pool.shape[1]
        token = self.token_norm(token)
        # Contiguous: of a slice, a frozen Linear rounds otherwise than one that learns.
        region, palette = token[:, :n_slots].contiguous(), token[:, n_slots:].contiguous()
        logits = self.query(region) @ self.key(palette).transpose(1, 2)
        logits = logits / token.shape[-1] ** 0.5
        exists = encoding.valid[:, 0, :, n_slots:]  # (N, 1, 1 + K)
        return region, logits.masked_fill(~exists, -torch.inf).log_softmax(2)

    def _residual(self, grid: Tensor) -> Tensor:
        delta = self.residual(self.grid_norm(grid.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        return F.pixel_shuffle(delta, self.config.patch)
