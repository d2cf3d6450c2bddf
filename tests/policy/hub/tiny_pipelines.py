"""Tiny random pipelines of every family, made in memory with diffusers' own classes.

ControlNet's zero convolutions are filled with random numbers: with them at zero the line art
would change nothing and no test of the ControlNet could fail.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DDIMScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxControlNetModel,
    FluxControlNetPipeline,
    FluxKontextPipeline,
    FluxTransformer2DModel,
    SD3ControlNetModel,
    SD3Transformer2DModel,
    StableDiffusion3ControlNetPipeline,
    StableDiffusionControlNetPipeline,
    StableDiffusionXLControlNetPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

SIZE = 64  # pixels
WIDTH = 32  # of text states


def words(folder: Path) -> CLIPTokenizer:
    """A CLIP tokenizer of single letters, from files written here."""
    letters = [chr(i) for i in range(33, 127)]
    vocabulary = ["<|startoftext|>", "<|endoftext|>", *letters, *(c + "</w>" for c in letters)]
    folder.mkdir(parents=True, exist_ok=True)
    table = {word: i for i, word in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(table), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    return CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77
    )


def sentences() -> T5Tokenizer:
    """A T5 tokenizer of three words."""
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    words = [("\u2581flat", -1.0), ("\u2581red", -2.0), ("\u2581blue", -3.0), ("\u2581", -4.0)]
    return T5Tokenizer(vocab=special + words, extra_ids=0)


def clip(kind: Any = CLIPTextModel, act: str = "quick_gelu") -> Any:
    config = CLIPTextConfig(
        vocab_size=200,
        hidden_size=WIDTH,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=3,
        max_position_embeddings=77,
        projection_dim=WIDTH,
        hidden_act=act,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return kind(config).eval()


def t5() -> T5EncoderModel:
    config = T5Config(
        vocab_size=8, d_model=WIDTH, d_kv=8, d_ff=37, num_layers=2, num_heads=4, pad_token_id=0
    )
    return T5EncoderModel(config).eval()


def vae(channels: int = 4, shift: float | None = None) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(16, 32, 32, 32),
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=channels,
        norm_num_groups=8,
        sample_size=SIZE,
        shift_factor=shift,
        use_quant_conv=shift is None,
        use_post_quant_conv=shift is None,
    ).eval()


def unet(text_width: int = WIDTH, **more: Any) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        block_out_channels=(16, 32),
        layers_per_block=1,
        sample_size=SIZE // 8,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=text_width,
        attention_head_dim=4,
        norm_num_groups=8,
        **more,
    ).eval()


def filled(network: Any, spread: float = 0.05) -> Any:
    """``network`` with random numbers where it has zeros."""
    draw = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        if not bool(parameter.any()):
            parameter.data.normal_(0, spread, generator=draw)
    return network.eval()


def sd(folder: Path, prediction: str = "epsilon") -> StableDiffusionControlNetPipeline:
    denoiser = unet()
    return StableDiffusionControlNetPipeline(
        vae=vae(),
        text_encoder=clip(),
        tokenizer=words(folder),
        unet=denoiser,
        controlnet=filled(ControlNetModel.from_unet(denoiser), 0.3),
        scheduler=DDIMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            clip_sample=False,
            prediction_type=prediction,
            timestep_spacing="trailing",
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl(folder: Path) -> StableDiffusionXLControlNetPipeline:
    denoiser = unet(
        2 * WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + WIDTH,
        use_linear_projection=True,
    )
    return StableDiffusionXLControlNetPipeline(
        vae=vae(),
        text_encoder=clip(act="gelu"),
        text_encoder_2=clip(CLIPTextModelWithProjection, "gelu"),
        tokenizer=words(folder),
        tokenizer_2=words(folder),
        unet=denoiser,
        controlnet=filled(ControlNetModel.from_unet(denoiser), 0.3),
        scheduler=DDIMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False
        ),
        add_watermarker=False,
    )


def sd3(folder: Path) -> StableDiffusion3ControlNetPipeline:
    shape = {
        "sample_size": SIZE // 8,
        "patch_size": 1,
        "in_channels": 8,
        "attention_head_dim": 8,
        "num_attention_heads": 4,
        "joint_attention_dim": WIDTH,
        "caption_projection_dim": 32,
        "pooled_projection_dim": 2 * WIDTH,
        "out_channels": 8,
        "pos_embed_max_size": 16,
    }
    transformer = filled(SD3Transformer2DModel(num_layers=3, **shape))
    return StableDiffusion3ControlNetPipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(8, 0.06),
        text_encoder=clip(CLIPTextModelWithProjection, "gelu"),
        tokenizer=words(folder),
        text_encoder_2=clip(CLIPTextModelWithProjection, "gelu"),
        tokenizer_2=words(folder),
        text_encoder_3=t5(),
        tokenizer_3=sentences(),
        controlnet=filled(SD3ControlNetModel(num_layers=1, **shape)),
    )


def _flux(guidance: bool, layers: int) -> dict[str, Any]:
    return {
        "patch_size": 1,
        "in_channels": 16,
        "num_layers": layers,
        "num_single_layers": layers,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": WIDTH,
        "pooled_projection_dim": WIDTH,
        "guidance_embeds": guidance,
        "axes_dims_rope": (4, 4, 8),
    }


def _flux_parts(folder: Path) -> dict[str, Any]:
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
        "vae": vae(4, 0.1),
        "text_encoder": clip(),
        "tokenizer": words(folder),
        "text_encoder_2": t5(),
        "tokenizer_2": sentences(),
        "transformer": filled(FluxTransformer2DModel(**_flux(True, 2))),
    }


def flux(folder: Path) -> FluxControlNetPipeline:
    controlnet = filled(FluxControlNetModel(**_flux(True, 1)))
    return FluxControlNetPipeline(controlnet=controlnet, **_flux_parts(folder))


def kontext(folder: Path) -> FluxKontextPipeline:
    return FluxKontextPipeline(**_flux_parts(folder))
