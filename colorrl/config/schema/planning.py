"""Planning with a generator as a known model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from colorrl.config.schema.data import DataConfig
from colorrl.config.schema.generator import PolicyConfig
from colorrl.config.schema.learn import SamplerConfig
from colorrl.config.schema.words import Count, Spec


@dataclass(frozen=True, slots=True)
class BeamConfig:
    width: Count  # pages kept
    scored: Count  # pages a drawing at most


@dataclass(frozen=True, slots=True)
class PlanConfig:
    name: str
    seed: int  # the first one
    n_seeds: Count
    output: Path
    split: Literal["train", "val", "test"]
    limit: int | None
    batch: Count  # sketches searched at once
    samples: Count  # a sketch, of the diagnostic
    particles: Count  # of a search
    snapped: bool  # regions are compared and given back in their nearest palette entries
    n_palette: Count
    searches: dict[str, Spec]  # rules of denoising, by name
    beam: BeamConfig | None
    data: DataConfig
    policy: PolicyConfig
    reward: Spec
    sampler: SamplerConfig
