"""Stable Diffusion 3 and 3.5 with a ControlNet (Esser et al., arXiv 2403.03206)."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, StableDiffusion3ControlNetPipeline
from torch import Tensor

from colorrl.policy.hub.family import Text

_CLIP = ("transformers.CLIPTokenizer", "transformers.CLIPTokenizerFast")
_PROJECTED = ("transformers.CLIPTextModelWithProjection",)

PIPELINE = StableDiffusion3ControlNetPipeline
PARTS = {
    "vae": ("diffusers.AutoencoderKL",),
    "text_encoder": _PROJECTED,
    "tokenizer": _CLIP,
    "text_encoder_2": _PROJECTED,
    "tokenizer_2": _CLIP,
    "text_encoder_3": ("transformers.T5EncoderModel",),
    "tokenizer_3": ("transformers.T5Tokenizer", "transformers.T5TokenizerFast"),
    "transformer": ("diffusers.SD3Transformer2DModel",),
    "controlnet": ("diffusers.SD3ControlNetModel",),
}
LEARNS = "transformer"
FLOW = True


def text(pipe: Any, prompts: list[str]) -> dict[str, Tensor]:
    """States of the three text encoders (N, L, D) and their pooled states (N, P)."""
    states, _, pooled, _ = pipe.encode_prompt(
        prompts, None, None, device=pipe.text_encoder.device, do_classifier_free_guidance=False
    )
    return {"states": states, "pooled": pooled}


def control(pipe: Any, image: Tensor) -> Tensor:
    """Latents of the picture: the mode, so that a sketch is always encoded alike.

    Those ControlNets that take no pooled text were trained without the VAE's shift.
    """
    config = pipe.vae.config
    shift = 0.0 if pipe.controlnet.config.force_zeros_for_pooled_projection else config.shift_factor
    latent: Tensor = pipe.vae.encode(image.to(pipe.vae.dtype) * 2 - 1).latent_dist.mode()
    return (latent - shift) * config.scaling_factor


def output(
    pipe: Any, state: Tensor, timestep: Tensor, text: Text, control: Tensor, scale: float
) -> Tensor:
    """Of the transformer with the ControlNet's residuals."""
    config, pooled = pipe.controlnet.config, text["pooled"]
    residuals = pipe.controlnet(
        hidden_states=state,
        timestep=timestep,
        encoder_hidden_states=None if config.joint_attention_dim is None else text["states"],
        pooled_projections=(
            torch.zeros_like(pooled) if config.force_zeros_for_pooled_projection else pooled
        ),
        controlnet_cond=control,
        conditioning_scale=scale,
        return_dict=False,
    )[0]
    predicted: Tensor = pipe.transformer(
        hidden_states=state,
        timestep=timestep,
        encoder_hidden_states=text["states"],
        pooled_projections=pooled,
        block_controlnet_hidden_states=residuals,
        return_dict=False,
    )[0]
    return predicted


def times(pipe: Any, n_steps: int, shape: tuple[int, int]) -> Tensor:
    """The scheduler's sigmas, shifted as its configuration says."""
    scheduler = FlowMatchEulerDiscreteScheduler.from_config(pipe.scheduler.config)
    scheduler.set_timesteps(n_steps)
    sigmas: Tensor = scheduler.sigmas
    return sigmas.float()
