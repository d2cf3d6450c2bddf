"""What region tokens know of sketches: the records of an encoding, and what goes into them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from colorrl.types import SketchBatch


@dataclass(frozen=True, slots=True)
class LineEncoding:
    """What the network reads off N line arts."""

    region: Tensor  # (N, S, C) token of each region
    pairs: Tensor  # (N, heads, S, S) attention bias between regions
    exists: Tensor  # (N, S) bool, regions that exist
    given: Tensor  # (N, S, 4) colour in [-1, 1] and 1 where a hint says it, else 0
    region_index: Tensor  # (N, H, W) int64

    def select(self, index: Tensor) -> LineEncoding:
        """The rows ``index`` (M,) int64."""
        return LineEncoding(*(getattr(self, name)[index] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class TokenEncoding:
    """What the network knows of N sketches before any decision."""

    token: Tensor  # (N, L, C) regions, then entries
    bias: Tensor  # (N, heads, L, L) of attention, -inf for tokens that do not exist
    color: Tensor  # (N, E, 3) in [-1, 1]: white paper, then palette or proposed colours
    possible: Tensor  # (N, E) bool, entries that exist
    exists: Tensor  # (N, S) bool, regions that exist
    given: Tensor  # (N, S, 4) colour in [-1, 1] and 1 where a hint says it, else 0
    region_index: Tensor  # (N, H, W) int64

    def select(self, index: Tensor) -> TokenEncoding:
        """The rows ``index`` (M,) int64."""
        return TokenEncoding(*(getattr(self, name)[index] for name in self.__slots__))

    def repeat(self, n: int) -> TokenEncoding:
        """Each row ``n`` times in a row: one encoding serves a group of samples."""
        values = (getattr(self, name) for name in self.__slots__)
        return TokenEncoding(*(v.repeat_interleave(n, 0) for v in values))


def distinct(sketch: SketchBatch) -> tuple[SketchBatch, Tensor | None]:
    """``sketch`` without the copies of its rows, and (N,) int64 the row that each is a copy of;
    None where there are none. A vote of samples then reads the line art once."""
    place = {row: i for i, row in reversed(list(enumerate(sketch.row)))}
    if len(place) == len(sketch.row):
        return sketch, None
    kept = sorted(place.values())
    index = [kept.index(place[row]) for row in sketch.row]
    return sketch.select(kept), torch.tensor(index, device=sketch.line.device)


def palette_of(sketch: SketchBatch) -> tuple[Tensor, Tensor]:
    """Colours (N, K, 3) and shares (N, K). Raises ValueError without."""
    if sketch.palette is None or sketch.share is None:
        raise ValueError("no palette given: pass an empty one (share 0) to sample without")
    return sketch.palette, sketch.share


def given_colors(sketch: SketchBatch) -> Tensor:
    """(N, S, 4): the mean colour in [-1, 1] of the hints in each region and 1; else 0."""
    n, n_slots = len(sketch), sketch.regions.n_slots
    if sketch.hint is None:
        return sketch.line.new_zeros(n, n_slots, 4)
    mask = sketch.hint[:, 3:]
    signed = torch.cat([(sketch.hint[:, :3] * 2 - 1) * mask, mask], dim=1).flatten(2)
    index = sketch.regions.region_index.flatten(1)[..., None].expand(-1, -1, 4)
    total = signed.new_zeros(n, n_slots, 4).scatter_add(1, index, signed.transpose(1, 2))
    return total / total[..., 3:].clamp(min=1)
