"""What a reward must withstand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from colorrl.config.schema.data import DataConfig
from colorrl.config.schema.words import Spec


@dataclass(frozen=True, slots=True)
class BarsConfig:
    """What a reward must reach to pass its audit. Totals in units of the reward."""

    margin: float  # by which the truth must beat each cheat, on average
    below: float  # share of sketches on which it must, of those on which the cheat is wrong
    right: float  # a colouring is wrong where a smaller share of its open pixels is right
    may_tie: bool  # whether steps of a corruption may score alike once they are below the truth
    resolution: float  # by how much a total may move when a picture has twice the pixels
    near: float  # a picture found by ascent this close to the truth's total ...
    gold: float  # ... must have this share of the truth's own gold
    search_near: float  # a picture found by search this close to the truth's total must have it too
    cannot_tell: dict[str, str]  # cheat or corruption the reward is blind to -> why


@dataclass(frozen=True, slots=True)
class ResolutionConfig:
    """The same pictures with twice the pixels along each side."""

    sketches: int  # evenly spaced over those audited; 0 = leave this part out


@dataclass(frozen=True, slots=True)
class GroupsConfig:
    """Groups of the truth, a cheat and samples of a generator, for their advantages."""

    sketches: int  # evenly spaced over those audited; 0 = leave this part out
    generator: str  # a shipped name or a folder
    samples: int  # drawn a sketch
    kept: int  # of those, by gold: the decent ones
    advantage: Spec  # (reward (N,), group (N,)) -> (N,)


@dataclass(frozen=True, slots=True)
class AscentConfig:
    """Pictures that climb the reward's own gradient."""

    steps: int  # of Adam; 0 = leave this part out
    sketches: int  # evenly spaced over those audited
    restarts: int  # of each start, at seeds of their own
    lr: float  # in units of the colour cube's side


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """Edits of the truth, searched for what a reward lets pass."""

    evaluations: int  # pictures scored; 0 = leave this part out
    sketches: int  # evenly spaced over those audited


@dataclass(frozen=True, slots=True)
class AuditConfig:
    seed: int
    device: str
    output: Path
    split: list[Literal["train", "val", "test"]]
    size: int  # pixels along each side at which pictures are scored
    limit: int | None  # sketches of each split, evenly spaced; None = all
    recoloured: int  # sketches, evenly spaced, that come once more with their hues turned
    resolution: ResolutionConfig
    groups: GroupsConfig
    ascent: AscentConfig
    search: SearchConfig
    bars: BarsConfig
    data: DataConfig
    reward: Spec
