"""Drawings: which set, how it is read, split and prepared, and what is changed in each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from colorrl.config.schema.words import Above0, PaletteCondition, Share, Spec


@dataclass(frozen=True, slots=True)
class DataConfig:
    name: str  # the set: openmoji, ...
    root: Path  # folder that holds the prepared sets
    size: int  # pixels along each side of the prepared pictures
    seed: int  # decides the split
    source: Path | None  # folder of the set's own files; None = they come with a package
    reader: Spec | None  # the data.source.Source that `prepare` renders; None = a mixture
    sets: dict[str, Above0]  # of a mixture: names of prepared sets and their weights
    rendering: bool  # shaded colour (채색) is asked of the generator, not flats (밑색)
    palette_condition: PaletteCondition  # of the true palette
    # [from, to) of the train drawings, in shares of them, by the hash of their name
    part: list[float]


@dataclass(frozen=True, slots=True)
class ScreenConfig:
    """What a rendered pair must reach to be kept. Shares in [0, 1]."""

    min_painted: float  # of the page
    max_unlike: float  # of the page, where flats x line art is not the drawing
    max_translucent: float  # of the page
    max_spilled: float  # of the painted paper, outside every enclosed region
    min_agreement: float  # of the enclosed pixels, in their region's majority colour


@dataclass(frozen=True, slots=True)
class SplitConfig:
    """How kept drawings go to train, val and test."""

    likeness: float  # line arts more alike than this correlation never lie in different splits
    held_out: float  # share of clusters in val, and the same in test
    max_held_out: int  # larger clusters (line arts) always go to train
    learned: list[str]  # bases whose clusters go to train: a shipped generator has learned them


@dataclass(frozen=True, slots=True)
class PrepareConfig:
    data: DataConfig
    workers: int  # processes
    force: bool
    demo: Path | None  # folder that takes a few held-out line arts
    screen: ScreenConfig
    split: SplitConfig


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """Probabilities in [0, 1], per sketch and draw."""

    flip: Share  # mirror left to right
    permute: Share  # permute the palette's colours among its entries
    rotate_hue: Share  # turn all hues by one random angle
    invent: Share  # replace every colour by a random one
    scatter: Share  # each region in a palette colour of its own draw
    warp: Share  # turn, scale and shift the drawing
    max_turn: float  # degrees
    max_scale: float  # share of the size
    max_shift: float  # share of the side
    drop_palette: Share  # no palette: learn to colour without
    forget_shares: Share  # equal palette shares: learn to colour from colours alone
    rendering: Share  # ask for shaded colour (채색) instead of flats
    hint: Share  # give the colours of some regions
    max_hints: int  # how many, from 1
    distract: Share  # add palette colours that the drawing does not use
    max_distractors: int  # how many, from 1
    zoom: Share  # show a part alone
    max_zoom: float  # times as large, from 1
    width: Share  # wider or thinner lines
    max_width: float  # half of the change, pixels, up to 1
    gaps: Share  # erase short pieces of line
    max_gaps: int  # how many, from 1
    max_gap: float  # their length, as a share of the side
    tone: Share  # grey or coloured lines
    palest_ink: float  # of them, 1 = black
    paper: Share  # uneven paper with grain
    max_shade: float  # how much darker the paper may be, 1 = black
    max_grain: float  # standard deviation, 1 = from black to white
