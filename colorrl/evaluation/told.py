"""How much of the true palette a contestant is told."""

from __future__ import annotations

from dataclasses import replace

import torch

from colorrl.schema.words import Told
from colorrl.types import SketchBatch


def telling(batch: SketchBatch, told: Told) -> SketchBatch:
    """``batch`` with its palette as contestants see it.

    shares: each colour with the share of the painted area it has; colours: all at equal shares;
    nothing: no colour (share 0). Raises ValueError for a batch without a palette.
    """
    if batch.share is None:
        raise ValueError(f"sketch '{batch.id[0]}' has no palette to tell of")
    given = batch.share > 0
    if told == "nothing":
        return replace(batch, share=torch.zeros_like(batch.share))
    if told == "colours":
        return replace(batch, share=given / given.sum(1, keepdim=True).clamp(min=1))
    return batch
