"""Sketches of one size to one padded batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from colorrl.types import RegionBatch, RegionMap, Sketch, SketchBatch


def collate(
    sketches: Sequence[Sketch], n_slots: int | None = None, n_palette: int | None = None
) -> SketchBatch:
    """Batch ``sketches``, padding to ``n_slots`` region ids (with ink) and ``n_palette`` colours.

    None pads to the largest of the batch. An optional field must be there for all sketches or for
    none, but for hints, where none is an empty one. Raises ValueError for an empty list, for sizes
    or fields that differ, and for a sketch that does not fit.
    """
    if not sketches:
        raise ValueError("no sketches to batch")
    sizes = {tuple(s.line.shape) for s in sketches}
    if len(sizes) > 1:
        raise ValueError(f"sketches of one batch must have one size, got {sorted(sizes)}")
    palette = _optional(sketches, "palette")
    share = _optional(sketches, "share")
    return SketchBatch(
        id=tuple(s.id for s in sketches),
        line=torch.stack([s.line for s in sketches]),
        regions=collate_regions([s.regions for s in sketches], n_slots),
        flats=_stacked(_optional(sketches, "flats")),
        alpha=_stacked(_optional(sketches, "alpha")),
        fill=_stacked(_optional(sketches, "fill")),
        palette=None if palette is None else _padded(palette, n_palette, "palette colours"),
        share=None if share is None else _padded(share, n_palette, "palette colours"),
        hint=_hints(sketches),
        rendering=torch.tensor([s.rendering for s in sketches]),
    )


def collate_regions(maps: Sequence[RegionMap], n_slots: int | None = None) -> RegionBatch:
    """Batch region maps of one size; padding has area, weight and contact 0."""
    return RegionBatch(
        label=torch.stack([m.label for m in maps]).long(),
        region_index=torch.stack([m.region_index for m in maps]).long(),
        across=torch.stack([m.across for m in maps]).long(),
        area=_padded([m.area for m in maps], n_slots, "region ids"),
        weight=_padded([m.weight for m in maps], n_slots, "region ids"),
        edges=_padded([m.edges for m in maps], None, "edges").long(),
        contact=_padded([m.contact for m in maps], None, "edges"),
        background=torch.tensor([m.background for m in maps]),
    )


def _optional(sketches: Sequence[Sketch], field: str) -> list[Tensor] | None:
    values = [getattr(s, field) for s in sketches]
    missing = [s.id for s, v in zip(sketches, values, strict=True) if v is None]
    if len(missing) == len(values):
        return None
    if missing:
        raise ValueError(f"{missing[0]} has no {field}, other sketches of the batch have one")
    return values


def _hints(sketches: Sequence[Sketch]) -> Tensor | None:
    """(N, 4, H, W), None where no sketch has a hint."""
    if all(s.hint is None for s in sketches):
        return None
    empty = torch.zeros(4, *sketches[0].line.shape[1:])
    return torch.stack([empty if s.hint is None else s.hint for s in sketches])


def _stacked(values: list[Tensor] | None) -> Tensor | None:
    return None if values is None else torch.stack(values)


def _padded(values: list[Tensor], length: int | None, what: str) -> Tensor:
    """(N, length, ...) ``values`` (n_i, ...) with zeros after each."""
    longest = max(len(v) for v in values)
    if length is not None and longest > length:
        raise ValueError(f"a sketch has {longest} {what}, the batch has room for {length}")
    out = values[0].new_zeros(len(values), length or longest, *values[0].shape[1:])
    for row, value in zip(out, values, strict=True):
        row[: len(value)] = value
    return out
