"""Rankings of colourings, and the reward model fitted to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from colorrl.config.schema.data import DataConfig
from colorrl.config.schema.generator import PolicyConfig
from colorrl.config.schema.words import Above0, Amount, Count, Spec
from colorrl.config.typed import Range


@dataclass(frozen=True, slots=True)
class PreferConfig:
    seed: int
    device: str
    output: Path
    split: Literal["train", "val", "test"]
    questions: Count  # sketches to ask about
    candidates: Annotated[int, Range(2)]  # colourings of each
    label: Literal["person", "rule"]
    noise: float  # of the rule, in units of reward
    port: int
    n_palette: int
    data: DataConfig
    policy: PolicyConfig
    reward: Spec  # the rule


@dataclass(frozen=True, slots=True)
class RewardModelConfig:
    seed: int
    device: str
    input: list[Path]  # folders with rankings
    start: str  # a generator
    output: Path
    overwrite: bool
    held_out: float  # share of the sketches in val, and the same in test
    epochs: Count
    questions: Count  # a step
    lr: Above0
    weight_decay: Amount
    ranking_loss: Spec  # scores (Q, K), the best first -> (Q,)
    hidden: Count  # units of the head
