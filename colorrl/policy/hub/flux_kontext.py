"""FLUX.1 Kontext: the line art stands beside the state as a second picture (arXiv 2506.15742)."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import FluxKontextPipeline
from torch import Tensor

from colorrl.policy.hub import flux_control
from colorrl.policy.hub.family import Text

PIPELINE = FluxKontextPipeline
PARTS = {name: kinds for name, kinds in flux_control.PARTS.items() if name != "controlnet"}
LEARNS = "transformer"
FLOW = True

text = flux_control.text
times = flux_control.times


def control(pipe: Any, image: Tensor) -> Tensor:
    """Latents of the picture (N, C, h, w)."""
    return flux_control.latents(pipe, image)


def output(
    pipe: Any, state: Tensor, timestep: Tensor, text: Text, control: Tensor, scale: float
) -> Tensor:
    """Of the transformer that sees state and picture in one row of tokens. ``scale`` must be 1."""
    if scale != 1:
        raise ValueError(f"a Kontext pipeline has no ControlNet to scale by {scale}: leave it 1")
    tokens, seen = flux_control.pack(state), flux_control.pack(control)
    ids = torch.cat([flux_control.positions(state, 0), flux_control.positions(control, 1)])
    predicted = pipe.transformer(
        hidden_states=torch.cat([tokens, seen], dim=1),
        timestep=timestep.to(state.dtype) / 1000,
        guidance=flux_control.guidance(pipe.transformer, state),
        pooled_projections=text["pooled"],
        encoder_hidden_states=text["states"],
        txt_ids=state.new_zeros(text["states"].shape[1], 3),
        img_ids=ids,
        return_dict=False,
    )[0]
    return flux_control.unpack(predicted[:, : tokens.shape[1]], state.shape)
