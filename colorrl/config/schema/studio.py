"""The colouring page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from colorrl.config.schema.generator import PolicyConfig
from colorrl.config.schema.pages import Blank, LayerNames


@dataclass(frozen=True, slots=True)
class StudioConfig:
    input: Path  # folder of sketches
    output: Path | None  # None = input/coloured
    host: str
    port: int
    token: str | None
    browser: bool
    line_layer: str | None
    gap: float | None
    trap: int | None
    layers: LayerNames
    palette: str | list[str] | None
    only_palette: bool
    leave_blank: list[Blank]
    colour_background: bool
    seed: int
    n_steps: int | None
    device: str
    policy: PolicyConfig
