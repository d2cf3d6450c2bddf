"""The generator: its network, and how it is pretrained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from colorrl.config.schema.data import AugmentConfig, DataConfig
from colorrl.config.schema.hub import HubConfig
from colorrl.config.schema.words import Above0, Amount, Count, Share, Spec


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    path: str  # a shipped name, a folder made by save_pretrained, or a hub id
    network: Spec  # what `colorrl pretrain` makes
    lora: str | None  # an adapter to start from, where `hub` is given
    hub: HubConfig | None  # a diffusers pipeline at `path`, and how it is used


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    name: str
    seed: int
    device: str
    start: str | None  # a generator to go on from
    precision: Literal["no", "bf16"]  # of the forward pass; weights and losses are fp32
    compile: bool  # torch.compile the network
    runs: Path
    resume: Literal["auto", "restart"] | None
    dry_run: bool
    steps: Count
    budget_minutes: float | None
    batch_size: Count
    colorings: Count  # of each drawing a step, by region tokens
    loaders: int  # threads that draw batches ahead
    lr: Above0
    warmup_steps: int
    anneal: bool  # cosine to a twentieth of lr
    weight_decay: Amount
    max_grad_norm: Above0
    ema_decay: Share
    rho: float
    time_shift: float
    weight_cap: float
    entry_weight: float  # of the cross entropy of palette entries
    n_steps: int
    sample_shift: float
    n_palette: Count
    log_every: Count
    validate_every: Count
    save_every: Count
    augment: AugmentConfig
    data: DataConfig
    policy: PolicyConfig
    track: dict[str, Spec]
