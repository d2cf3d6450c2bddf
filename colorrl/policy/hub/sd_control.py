"""Stable Diffusion 1.5 and 2.1 with a ControlNet (arXiv 2112.10752, 2302.05543)."""

from __future__ import annotations

from typing import Any

from diffusers import StableDiffusionControlNetPipeline
from torch import Tensor

from colorrl.policy.hub.family import Text, noise_times

PIPELINE = StableDiffusionControlNetPipeline
PARTS = {
    "vae": ("diffusers.AutoencoderKL",),
    "text_encoder": ("transformers.CLIPTextModel",),
    "tokenizer": ("transformers.CLIPTokenizer", "transformers.CLIPTokenizerFast"),
    "unet": ("diffusers.UNet2DConditionModel",),
    "controlnet": ("diffusers.ControlNetModel",),
}
LEARNS = "unet"
FLOW = False


def text(pipe: Any, prompts: list[str]) -> dict[str, Tensor]:
    """Last hidden states of the text encoder (N, L, D)."""
    found, _ = pipe.encode_prompt(prompts, pipe.text_encoder.device, 1, False)
    return {"states": found}


def control(pipe: Any, image: Tensor) -> Tensor:
    """The picture itself: the ControlNet has its own small encoder."""
    return image.to(pipe.controlnet.dtype)


def output(
    pipe: Any, state: Tensor, timestep: Tensor, text: Text, control: Tensor, scale: float
) -> Tensor:
    """Of the U-Net with the ControlNet's residuals."""
    return denoise(pipe, state, timestep, text["states"], control, scale, None)


def denoise(
    pipe: Any,
    state: Tensor,
    timestep: Tensor,
    states: Tensor,
    control: Tensor,
    scale: float,
    added: dict[str, Tensor] | None,
) -> Tensor:
    """``output`` with the conditions that SDXL adds."""
    down, middle = pipe.controlnet(
        state,
        timestep,
        encoder_hidden_states=states,
        controlnet_cond=control,
        conditioning_scale=scale,
        added_cond_kwargs=added,
        return_dict=False,
    )
    predicted: Tensor = pipe.unet(
        state,
        timestep,
        encoder_hidden_states=states,
        down_block_additional_residuals=down,
        mid_block_additional_residual=middle,
        added_cond_kwargs=added,
        return_dict=False,
    )[0]
    return predicted


def times(pipe: Any, n_steps: int, shape: tuple[int, int]) -> Tensor:
    """Those of the noise schedule, whatever the size."""
    return noise_times(pipe, n_steps)
