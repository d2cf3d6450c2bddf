"""Looking at what was trained: on held-out sketches, run beside run, and the demo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from colorrl.config.schema.data import DataConfig
from colorrl.config.schema.generator import PolicyConfig
from colorrl.config.schema.words import PaletteCondition, Spec

Baseline = Literal[
    "dominant_colour", "area_rank", "area_share", "area_search", "random_palette",
    "nearest_regions", "gmic_smart", "random_colours", "white_page",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class EvaluateConfig:
    name: str
    seed: int
    device: str
    output: Path
    split: Literal["train", "val", "test"]
    limit: int | None  # sketches, evenly spaced over the split; None = all
    start: str | None  # generator to compare with: a shipped name or a folder
    samples: int  # a sketch, of all that has chances; figures are their means
    palette_conditions: list[PaletteCondition]  # of the true palette, a table each
    steps: list[int]  # at which the generator is sampled too, a contestant each
    baselines: list[Baseline]
    votes: int  # samples a sketch that vote on each region's colour; 0 = without
    keep_shares: float  # how strictly a vote keeps the given shares
    best_of: int  # samples a sketch of the best-of-n baseline; 0 = without
    n_palette: int
    data: DataConfig
    policy: PolicyConfig
    reward: Spec


@dataclass(frozen=True, slots=True)
class CompareConfig:
    input: list[Path]  # run folders, or folders above them
    baselines: list[Path]  # folders that `colorrl evaluate` wrote
    output: Path
    report: str | None  # ENTITY/PROJECT of W&B
    publish: bool


@dataclass(frozen=True, slots=True)
class DemoConfig:
    seed: int
    output: Path
    device: str
    minutes: float  # of RL
    sketches: Path  # folder that is coloured before and after
