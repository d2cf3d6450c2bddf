"""Stable Diffusion XL with a ControlNet (Podell et al., arXiv 2307.01952)."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import StableDiffusionXLControlNetPipeline
from torch import Tensor

from colorrl.policy.hub import sd_control
from colorrl.policy.hub.family import Text, noise_times

PIPELINE = StableDiffusionXLControlNetPipeline
PARTS = sd_control.PARTS | {
    "text_encoder_2": ("transformers.CLIPTextModelWithProjection",),
    "tokenizer_2": sd_control.PARTS["tokenizer"],
}
LEARNS = "unet"
FLOW = False


def text(pipe: Any, prompts: list[str]) -> dict[str, Tensor]:
    """States of both text encoders (N, L, D) and the second one's pooled state (N, P)."""
    states, _, pooled, _ = pipe.encode_prompt(
        prompts, device=pipe.text_encoder.device, do_classifier_free_guidance=False
    )
    return {"states": states, "pooled": pooled}


control = sd_control.control


def output(
    pipe: Any, state: Tensor, timestep: Tensor, text: Text, control: Tensor, scale: float
) -> Tensor:
    """Of the U-Net, conditioned on the picture's size besides: as large as it is, not cropped."""
    height, width = control.shape[-2:]
    size = torch.tensor([height, width, 0, 0, height, width], device=state.device)
    added = {
        "text_embeds": text["pooled"],
        "time_ids": size.to(text["pooled"].dtype).expand(len(state), -1),
    }
    return sd_control.denoise(pipe, state, timestep, text["states"], control, scale, added)


def times(pipe: Any, n_steps: int, shape: tuple[int, int]) -> Tensor:
    """Those of the noise schedule, whatever the size."""
    return noise_times(pipe, n_steps)
