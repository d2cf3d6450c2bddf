"""Value-based learning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from colorrl.config.schema.data import DataConfig
from colorrl.config.schema.words import Spec
from colorrl.config.typed import Range

Experience = Literal["on_policy", "replay", "random_replay"]
Function = Literal["table", "linear", "network"]
Target = Literal["online", "copy", "double"]


@dataclass(frozen=True, slots=True)
class LearnerConfig:
    rounds: Annotated[int, Range(1)]
    games: Annotated[int, Range(1)]  # a round, each paid one reward
    updates: Annotated[int, Range(1)]  # a round
    memory: Annotated[int, Range(1)]  # rounds that replay draws from
    copy_every: Annotated[int, Range(1)]  # updates until the frozen copy is renewed
    epsilon: Annotated[float, Range(0, 1)]  # share of random moves in the end
    rate: dict[str, float]  # of each function
    width: Annotated[int, Range(1)]  # of the network
    measure_every: Annotated[int, Range(1)]  # rounds
    unbounded: float  # |Q| at which a run is given up


@dataclass(frozen=True, slots=True)
class GridConfig:
    n_step: list[int | None]  # None: Monte Carlo
    experience: list[Experience]
    function: list[Function]
    target: list[Target]


@dataclass(frozen=True, slots=True)
class QLearningConfig:
    name: str
    seed: int  # the first one
    n_seeds: Annotated[int, Range(1)]
    output: Path
    size: int
    split: str
    limit: Annotated[int, Range(1)]  # drawings
    held_out: str
    held_out_limit: Annotated[int, Range(1)]
    max_regions: Annotated[int, Range(2)]
    max_entries: Annotated[int, Range(2)]
    data: DataConfig
    reward: Spec
    grid: GridConfig
    learner: LearnerConfig
