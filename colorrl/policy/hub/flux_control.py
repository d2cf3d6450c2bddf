"""FLUX.1 with a ControlNet. Latents are packed two by two into tokens, the state is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxControlNetPipeline
from diffusers.pipelines.flux.pipeline_flux_controlnet import calculate_shift
from torch import Tensor

from colorrl.policy.hub.family import Text

PIPELINE = FluxControlNetPipeline
PARTS = {
    "vae": ("diffusers.AutoencoderKL",),
    "text_encoder": ("transformers.CLIPTextModel",),
    "tokenizer": ("transformers.CLIPTokenizer", "transformers.CLIPTokenizerFast"),
    "text_encoder_2": ("transformers.T5EncoderModel",),
    "tokenizer_2": ("transformers.T5Tokenizer", "transformers.T5TokenizerFast"),
    "transformer": ("diffusers.FluxTransformer2DModel",),
    "controlnet": ("diffusers.FluxControlNetModel",),
}
LEARNS = "transformer"
FLOW = True
DISTILLED_GUIDANCE = 3.5  # what FLUX.1-dev's guidance embedding is commonly given


def text(pipe: Any, prompts: list[str]) -> dict[str, Tensor]:
    """T5's states (N, L, D) and CLIP's pooled state (N, P)."""
    states, pooled, _ = pipe.encode_prompt(prompts, None, device=pipe.text_encoder.device)
    return {"states": states, "pooled": pooled}


def control(pipe: Any, image: Tensor) -> Tensor:
    """Packed latents of the picture; the picture where the ControlNet has its own encoder."""
    if pipe.controlnet.input_hint_block is not None:
        return image.to(pipe.controlnet.dtype) * 2 - 1
    return pack(latents(pipe, image))


def output(
    pipe: Any, state: Tensor, timestep: Tensor, text: Text, control: Tensor, scale: float
) -> Tensor:
    """Of the transformer with the ControlNet's residuals."""
    common = {
        "hidden_states": pack(state),
        "timestep": timestep.to(state.dtype) / 1000,
        "encoder_hidden_states": text["states"],
        "pooled_projections": text["pooled"],
        "txt_ids": state.new_zeros(text["states"].shape[1], 3),
        "img_ids": positions(state, 0),
        "return_dict": False,
    }
    blocks, single = pipe.controlnet(
        controlnet_cond=control,
        controlnet_mode=None,
        conditioning_scale=scale,
        guidance=guidance(pipe.controlnet, state),
        **common,
    )
    predicted = pipe.transformer(
        guidance=guidance(pipe.transformer, state),
        controlnet_block_samples=blocks,
        controlnet_single_block_samples=single,
        controlnet_blocks_repeat=pipe.controlnet.input_hint_block is not None,
        **common,
    )[0]
    return unpack(predicted, state.shape)


def times(pipe: Any, n_steps: int, shape: tuple[int, int]) -> Tensor:
    """The scheduler's sigmas, shifted by the number of tokens where its configuration says so."""
    scheduler = FlowMatchEulerDiscreteScheduler.from_config(pipe.scheduler.config)
    config, tokens = scheduler.config, (shape[0] // 2) * (shape[1] // 2)
    ends = (config.base_image_seq_len, config.max_image_seq_len)
    shift = calculate_shift(tokens, *ends, config.base_shift, config.max_shift)
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / n_steps, n_steps), mu=shift)
    sigmas: Tensor = scheduler.sigmas
    return sigmas.float()


def latents(pipe: Any, image: Tensor) -> Tensor:
    """(N, C, h, w) of a picture (N, 3, H, W) in [0, 1]: the mode, always the same."""
    found: Tensor = pipe.vae.encode(image.to(pipe.vae.dtype) * 2 - 1).latent_dist.mode()
    return (found - pipe.vae.config.shift_factor) * pipe.vae.config.scaling_factor


def pack(state: Tensor) -> Tensor:
    """(N, C, h, w) to tokens (N, h/2 w/2, 4 C)."""
    n, c, h, w = state.shape
    return FluxControlNetPipeline._pack_latents(state.contiguous(), n, c, h, w)


def unpack(tokens: Tensor, shape: torch.Size) -> Tensor:
    """Tokens back to ``shape`` (N, C, h, w)."""
    return FluxControlNetPipeline._unpack_latents(tokens, shape[2], shape[3], 1)


def positions(state: Tensor, picture: int) -> Tensor:
    """(h/2 w/2, 3): number of the picture, row and column of each token."""
    h, w = state.shape[2] // 2, state.shape[3] // 2
    make = FluxControlNetPipeline._prepare_latent_image_ids
    ids: Tensor = make(len(state), h, w, state.device, state.dtype)
    ids[:, 0] = picture
    return ids


def guidance(network: Any, state: Tensor) -> Tensor | None:
    """(N,) for networks that were distilled with guidance as an input, else None."""
    if not network.config.guidance_embeds:
        return None
    return torch.full((len(state),), DISTILLED_GUIDANCE, device=state.device)
