"""Plain diffusers networks behind the same interface: the comparison for RegionFlow.

Both see the line art and colour hints as extra input channels and know nothing of regions.
Encoding is trivial: they read the sketch again at every step.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import ConfigMixin, ModelMixin, PixArtTransformer2DModel, UNet2DModel
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from colorrl.policy.protocol import StateSpace
from colorrl.policy.region_layers import SHARES, asked_rendering, share_feature
from colorrl.policy.space import PIXELS
from colorrl.types import SketchBatch

SEEN = 6  # channels of `seen`


@dataclass(frozen=True, slots=True)
class PlainEncoding:
    """Line art, hints and palette of N sketches."""

    seen: Tensor  # (N, 6, H, W) in [-1, 1]: line, hints, whether shading is asked for
    palette: Tensor  # (N, 1 + K, C) embedded colours, the first one learned ("no palette")
    valid: Tensor  # (N, 1 + K) bool

    def repeat(self, n: int) -> PlainEncoding:
        """Each row ``n`` times in a row."""
        return PlainEncoding(*(getattr(self, f).repeat_interleave(n, 0) for f in self.__slots__))


def seen(sketch: SketchBatch) -> Tensor:
    """(N, SEEN, H, W): line art in [-1, 1], hints in [-1, 1] and 1 where given, 1 for shading."""
    line, hint = sketch.line * 2 - 1, sketch.hint
    if hint is None:
        hint = line.new_zeros(len(line), 4, *line.shape[2:])
    given = hint[:, 3:]
    shaded = asked_rendering(sketch)[:, None, None, None].expand_as(line)
    return torch.cat([line, (hint[:, :3] * 2 - 1) * given, given, shaded], dim=1)


class PaletteTokens(nn.Module):
    """Palette (N, K, 3) with shares (N, K) to tokens (N, 1 + K, C) and which of them exist."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.null = nn.Parameter(torch.randn(width) * 0.02)
        self.mlp = nn.Sequential(nn.Linear(3 + SHARES, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, sketch: SketchBatch) -> tuple[Tensor, Tensor]:
        if sketch.palette is None or sketch.share is None:
            raise ValueError("no palette given: pass an empty one (share 0) to sample without")
        null = self.null.expand(len(sketch), 1, -1)
        entry = torch.cat([sketch.palette * 2 - 1, share_feature(sketch.share)], dim=2)
        token = torch.cat([null, self.mlp(entry)], dim=1)
        return token, torch.cat([sketch.share[:, :1] >= 0, sketch.share > 0], dim=1)


class UNetFlow(ModelMixin, ConfigMixin):
    """diffusers' UNet2DModel; the palette enters as the mean of its tokens, beside the time."""

    space: StateSpace = PIXELS

    @register_to_config
    def __init__(self, size: int = 64, width: int = 32, layers_per_block: int = 1) -> None:
        super().__init__()
        self.palette = PaletteTokens(4 * width)
        self.net = UNet2DModel(
            sample_size=size,
            in_channels=3 + SEEN,
            out_channels=3,
            block_out_channels=(width, 2 * width, 2 * width),
            down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
            layers_per_block=layers_per_block,
            norm_num_groups=8,
            class_embed_type="identity",
        )

    def encode(self, sketch: SketchBatch) -> PlainEncoding:
        return PlainEncoding(seen(sketch), *self.palette(sketch))

    def predict(self, x: Tensor, t: Tensor, encoding: PlainEncoding) -> Tensor:
        """Clean image (N, 3, H, W) from state ``x`` at times ``t`` (N,)."""
        share = encoding.valid / encoding.valid.sum(1, keepdim=True)
        palette = (share[..., None] * encoding.palette).sum(1)
        state = torch.cat([x, encoding.seen], dim=1)
        return self.net(state, t * 1000, class_labels=palette).sample


class DiTFlow(ModelMixin, ConfigMixin):
    """A diffusion transformer (diffusers' PixArt block) that cross-attends to the palette."""

    space: StateSpace = PIXELS

    @register_to_config
    def __init__(self, size: int = 64, patch: int = 8, n_heads: int = 4, n_layers: int = 6) -> None:
        super().__init__()
        width = 32 * n_heads
        self.palette = PaletteTokens(width)
        self.net = PixArtTransformer2DModel(
            sample_size=size,
            in_channels=3 + SEEN,
            out_channels=3,
            patch_size=patch,
            num_attention_heads=n_heads,
            attention_head_dim=32,
            cross_attention_dim=width,
            caption_channels=width,
            num_layers=n_layers,
            use_additional_conditions=False,
        )

    def encode(self, sketch: SketchBatch) -> PlainEncoding:
        return PlainEncoding(seen(sketch), *self.palette(sketch))

    def predict(self, x: Tensor, t: Tensor, encoding: PlainEncoding) -> Tensor:
        """Clean image (N, 3, H, W) from state ``x`` at times ``t`` (N,)."""
        state = torch.cat([x, encoding.seen], dim=1)
        unused = {"resolution": None, "aspect_ratio": None}
        return self.net(
            state,
            encoder_hidden_states=encoding.palette,
            timestep=t * 1000,
            added_cond_kwargs=unused,
            encoder_attention_mask=encoding.valid.float(),
        ).sample
