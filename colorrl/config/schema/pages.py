"""Colouring pages: what comes in, what goes out, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from colorrl.config.schema.generator import PolicyConfig
from colorrl.config.schema.words import Spec

FileKind = Literal[
    "composite",
    "flats",
    "indexed",
    "regions",
    "psd",
    "ora",
    "palettes",
    "thumbnail",
    "alternatives",
    "matches",
]
Blank = Literal["bubbles", "gutters"]


@dataclass(frozen=True, slots=True)
class LayerNames:
    """What the layers of a PSD or ORA are called."""

    line: str  # on top, Multiply
    flats: str  # the group with one layer for each colour
    paper: str  # white, at the bottom
    tone: str = "トーン"  # Multiply: dot tone and hatching, where a page has any
    trace: str = "色トレス"  # the line in the colours of the fills, where that is asked for
    original: str = "原画"  # hidden: the drawing as it came, where the line was cleaned or inverted


@dataclass(frozen=True, slots=True)
class ColorizeConfig:
    input: str  # folder, file or URL
    output: str  # folder or URL
    export: list[FileKind]
    line_layer: str | None  # of a PSD or ORA; None = the picture as shown
    drop_blue: bool  # blue pencil is no line
    trace_lines: bool  # lines take the colour of their fill
    trap: int | None  # px of colour under the line; None = to its middle
    layers: LayerNames
    palette: str | list[str] | None  # #rrggbb colours, a palette file or a picture
    only_palette: bool
    hints: Path | None  # folder; None = beside the pages
    sheet: Path | None  # a coloured drawing whose colours pages get
    consistent: bool | None  # figures found again keep their colours; None = within a page
    gap: float | None  # px up to which gaps in lines are closed; None = by lines and page
    leave_blank: list[Blank]
    colour_background: bool
    samples: int  # colourings of a page, the best of which it gets
    search: Literal["best_of_n"] | None  # None = what ``samples`` says
    preview: int | None  # pages, evenly spaced; None = all
    seed: int
    n_steps: int | None
    device: str
    overwrite: bool
    recolor_rest: bool  # a hint that is new changes the rest of its page, too
    drop_edits: list[str]  # pages whose edits by hand overwrite=true undoes
    strict: bool  # a page with a note is a fault: exit code 1
    backend: Literal["processes", "ray"]
    workers: int | None  # processes; None = one for each core
    memory_gb: float | None  # of all processes; None = by what is free
    shard: str | None  # i/n
    policy: PolicyConfig
    reward: Spec  # ranks samples


@dataclass(frozen=True, slots=True)
class ExportConfig:
    input: Path
    export: list[FileKind] | None  # None = those that are there already
    overwrite: bool


@dataclass(frozen=True, slots=True)
class RegionsConfig:
    input: Path
    output: Path
    ball: int | None  # radius in pixels, 0 = no gap is closed
    ink_threshold: float | None
    min_area: int | None  # pixels
    overwrite: bool
