"""A diffusers pipeline as the policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from colorrl.config.schema.words import Above0, Amount, Count


@dataclass(frozen=True, slots=True)
class AdapterConfig:
    rank: Count
    alpha: Above0
    targets: list[str]  # ends of the names of the modules that take one


@dataclass(frozen=True, slots=True)
class HubConfig:
    revision: str | None  # of a hub id
    controlnet: str | None  # where the pipeline has none of its own: folder or hub id
    vae: str | None
    size: Count  # pixels along each side
    n_steps: Count
    prompt: str  # {colors} is the palette by name
    negative: str
    guidance: Amount  # classifier-free, 1 = none
    strength: Amount  # of the ControlNet
    lines: Literal["black_on_white", "white_on_black"]  # what the ControlNet was trained on
    snap: bool  # each region takes the median colour of the decoded picture
    precision: Literal["fp32", "bf16", "fp16"]  # of the frozen parts; adapters are fp32
    checkpointing: bool  # gradient checkpointing of the denoiser
    adapter: AdapterConfig | None  # LoRA; null = the whole denoiser learns
    train_controlnet: bool  # it learns besides
