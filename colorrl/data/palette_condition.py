"""How much of its true palette a drawing is conditioned on."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import torch

from colorrl.config.schema.words import PaletteCondition
from colorrl.types import Sketch, SketchBatch

Drawn = TypeVar("Drawn", Sketch, SketchBatch)


def condition_palette(drawn: Drawn, condition: PaletteCondition) -> Drawn:
    """``drawn`` with its palette as a generator sees it.

    shares: each colour with the share of the painted area it has; colors: all at equal shares;
    none: no colour (share 0). Raises ValueError where there is no palette.
    """
    if drawn.share is None:
        raise ValueError(f"{drawn.id} has no palette to condition on")
    given = drawn.share > 0
    if condition == "none":
        return replace(drawn, share=torch.zeros_like(drawn.share))
    if condition == "colors":
        return replace(drawn, share=given / given.sum(-1, keepdim=True).clamp(min=1))
    return drawn
