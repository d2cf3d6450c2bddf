"""The parts of the small pipeline: diffusers' and transformers' own classes, small."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, ControlNetModel, DDIMScheduler, UNet2DConditionModel
from matplotlib.colors import CSS4_COLORS
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from colorrl.policy.hub.prompt import spoken

SIZE, FACTOR = 64, 4  # pixels along each side, and of a latent's cell
TEMPLATE = "flat colors, clean line art, {colors}"  # as in conf/policy/sd_control.yaml
LENGTH, WIDTH = 32, 64  # tokens of a prompt, and the width of each
START, END = "<|startoftext|>", "<|endoftext|>"


def autoencoder() -> AutoencoderKL:
    """f4, 4 channels, without attention: flats need none.

    One group a norm: with a channel or two in each, it takes away how bright a picture is.
    """
    return AutoencoderKL(
        block_out_channels=(8, 16, 48),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=1,
        sample_size=SIZE,
        mid_block_add_attention=False,
        scaling_factor=1.0,
    )


def denoiser() -> UNet2DConditionModel:
    """Text enters at 8 x 8 and 4 x 4; most parameters are there, where they cost little."""
    return UNet2DConditionModel(
        block_out_channels=(32, 64, 128),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        sample_size=SIZE // FACTOR,
        cross_attention_dim=WIDTH,
        attention_head_dim=4,  # heads: diffusers' name for them
        norm_num_groups=4,
    )


def controlnet(unet: UNet2DConditionModel) -> ControlNetModel:
    """Three sizes of the line art's own encoder bring 64 pixels to 16."""
    return ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 24, 48))


def scheduler() -> DDIMScheduler:
    """v at all times down to a signal of zero (arXiv 2305.08891): few steps begin in pure noise."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
    )


def tokenizer(folder: Path) -> CLIPTokenizer:
    """A token for each word of the prompts: BPE trained in memory until each is whole.

    Kept in ``folder``: letters and the comma come in another order each time, words in the same.
    """
    if not (folder / "vocab.json").is_file():
        write_tokenizer(folder)
    files = str(folder / "vocab.json"), str(folder / "merges.txt")
    return CLIPTokenizer(*files, model_max_length=LENGTH)


def write_tokenizer(folder: Path) -> None:
    """Train it and write its two files."""
    words = TEMPLATE.format(colors=", ".join(map(spoken, CSS4_COLORS))).lower()
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=4000,
        min_frequency=1,
        special_tokens=[START, END],
        initial_alphabet=[chr(i) for i in range(33, 127)],
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    trained.train_from_iterator([words], trainer)
    folder.mkdir(parents=True, exist_ok=True)
    files = trained.model.save(str(folder))
    vocabulary = json.loads(Path(files[0]).read_text(encoding="utf-8"))
    for letter in map(chr, range(33, 127)):  # CLIP ends a word with its last letter
        vocabulary.setdefault(letter + "</w>", len(vocabulary))
    Path(files[0]).write_text(json.dumps(vocabulary), encoding="utf-8")


def text_encoder(words: CLIPTokenizer) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(words),
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_attention_heads=4,
            num_hidden_layers=2,
            max_position_embeddings=LENGTH,
            projection_dim=WIDTH,
            bos_token_id=words.bos_token_id,
            eos_token_id=words.eos_token_id,
            pad_token_id=words.pad_token_id,
        )
    )


def size_of(*networks: torch.nn.Module) -> int:
    """Parameters of ``networks`` in all."""
    return sum(p.numel() for network in networks for p in network.parameters())
