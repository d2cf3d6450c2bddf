"""A VAE that begins as what flats need: cells of 4 x 4 pixels keep their mean color.

From random weights it was grey after 13,000 pictures, and one core has no time for more. Channels
0 to 5 carry the color and its negative, of which SiLU's difference is the color itself; 6 and 7 are
constants, so that a norm over all channels hardly depends on the picture. The rest is random.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

CARRIED, CONSTANT = 8, 3.0  # channels, and the size of the last two


def identity(conv: Any, taps: Tensor) -> None:
    """The first channels of ``conv`` are those of its input, weighted by ``taps`` (k, k)."""
    kept = min(CARRIED, conv.weight.shape[1])
    conv.weight[:CARRIED] = 0
    conv.bias[:CARRIED] = 0
    for channel in range(kept):
        conv.weight[channel, channel] = taps


def carry(half: nn.Module) -> None:
    """Encoder or decoder: its blocks change nothing in the carried channels."""
    center, mean = torch.zeros(3, 3), torch.zeros(3, 3)
    center[1, 1], mean[:2, :2] = 1, 0.25
    for name, part in half.named_modules():
        if name.endswith("conv2"):
            part.weight.zero_()
            part.bias.zero_()
        elif name.endswith("conv_shortcut"):
            identity(part, torch.ones(1, 1))
        elif name.endswith("downsamplers.0.conv"):
            identity(part, mean)
        elif name.endswith("upsamplers.0.conv"):
            identity(part, center)


def split(conv: Any) -> None:
    """Three channels in: they and their negatives, and the constants."""
    conv.weight[:CARRIED] = 0
    conv.bias[:CARRIED] = 0
    for channel in range(3):
        conv.weight[channel, channel, 1, 1] = 1
        conv.weight[3 + channel, channel, 1, 1] = -1
    conv.bias[6], conv.bias[7] = CONSTANT, -CONSTANT


def join(conv: Any) -> None:
    """Three channels out, at the scale that a white picture has before the norm."""
    scale = ((6 + 2 * CONSTANT**2) / conv.weight.shape[1]) ** 0.5
    conv.weight[:3] = 0
    conv.bias[:3] = 0
    for channel in range(3):
        conv.weight[channel, channel, 1, 1] = scale
        conv.weight[channel, 3 + channel, 1, 1] = -scale


@torch.no_grad()
def begin(vae: Any, quiet: float) -> None:
    """Of the fourth latent nothing is laid down. ``quiet``: log variance of the VAE's noise."""
    for half in (vae.encoder, vae.decoder):
        carry(half)
        split(half.conv_in)
        join(half.conv_out)
    vae.quant_conv.weight[:, :, 0, 0] = torch.eye(8)
    vae.quant_conv.weight[4:] *= 0.1
    vae.quant_conv.bias[:4], vae.quant_conv.bias[4:] = 0, quiet
    vae.post_quant_conv.weight[:, :, 0, 0] = torch.eye(4)
    vae.post_quant_conv.bias[:] = 0
