"""How much of its true palette a drawing tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import torch

from colorrl.config.schema.words import Told
from colorrl.types import Sketch, SketchBatch

Drawn = TypeVar("Drawn", Sketch, SketchBatch)


def telling(drawn: Drawn, told: Told) -> Drawn:
    """``drawn`` with its palette as a generator sees it.

    shares: each colour with the share of the painted area it has; colours: all at equal shares;
    nothing: no colour (share 0). Raises ValueError where there is no palette.
    """
    if drawn.share is None:
        raise ValueError(f"{drawn.id} has no palette to tell of")
    given = drawn.share > 0
    if told == "nothing":
        return replace(drawn, share=torch.zeros_like(drawn.share))
    if told == "colours":
        return replace(drawn, share=given / given.sum(-1, keepdim=True).clamp(min=1))
    return drawn
