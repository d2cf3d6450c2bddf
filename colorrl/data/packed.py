"""Many sketches of one size in one file that opens at once.

Pictures are stacked and kept as bytes; what differs in length (areas, edges, palettes) is laid
end to end. Every number comes back as it went in but line and fill, which are rounded to 1/255.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from colorrl.data.colours import paint, region_colours
from colorrl.types import RegionMap, Sketch

RAGGED = ("area", "weight", "contact", "edges", "colour", "palette", "share")


def write_packed(path: Path, sketches: Sequence[Sketch]) -> None:
    """Write paired ``sketches`` whole or not at all. Raises ValueError if there are none."""
    if not sketches:
        raise ValueError(f"no sketches to write to {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    torch.save(_packed(sketches), part)
    os.replace(part, path)


def read_packed(path: Path) -> list[Sketch]:
    """The sketches of ``path``."""
    return _unpacked(torch.load(path, weights_only=True))


def _packed(sketches: Sequence[Sketch]) -> dict[str, Any]:
    maps = [s.regions for s in sketches]
    rows: dict[str, list[Tensor]] = {
        "area": [m.area for m in maps],
        "weight": [m.weight for m in maps],
        "contact": [m.contact for m in maps],
        "edges": [m.edges for m in maps],
        "colour": [region_colours(_painted(s), s.regions) for s in sketches],
        "palette": [_given(s.palette) for s in sketches],
        "share": [_given(s.share) for s in sketches],
    }
    return {
        "id": [s.id for s in sketches],
        "sha": [m.sha for m in maps],
        "background": [m.background for m in maps],
        "line": torch.stack([_bytes(s.line) for s in sketches]),
        "fill": torch.stack([_bytes(s.fill) for s in sketches]),
        "label": torch.stack([m.label for m in maps]).short(),
        "owner": torch.stack([m.owner for m in maps]).short(),
        "across": torch.stack([m.across for m in maps]).short(),
        "length": {name: [len(v) for v in rows[name]] for name in RAGGED},
        "values": {name: torch.cat(rows[name]) for name in RAGGED},
    }


def _unpacked(pack: dict[str, Any]) -> list[Sketch]:
    pictures = {k: pack[k].float() / 255 for k in ("line", "fill")}
    labels = {k: pack[k].int() for k in ("label", "owner", "across")}
    rows = {k: torch.split(pack["values"][k], pack["length"][k]) for k in RAGGED}
    return [_sketch(i, pack, pictures, labels, rows) for i in range(len(pack["id"]))]


def _sketch(
    i: int,
    pack: dict[str, Any],
    pictures: dict[str, Tensor],
    labels: dict[str, Tensor],
    rows: dict[str, tuple[Tensor, ...]],
) -> Sketch:
    regions = RegionMap(
        label=labels["label"][i],
        owner=labels["owner"][i],
        across=labels["across"][i],
        area=rows["area"][i],
        weight=rows["weight"][i],
        edges=rows["edges"][i],
        contact=rows["contact"][i],
        background=pack["background"][i],
        sha=pack["sha"][i],
    )
    painted = paint(rows["colour"][i], regions.owner)
    return Sketch(
        id=pack["id"][i],
        line=pictures["line"][i],
        regions=regions,
        flats=painted[:3],
        alpha=painted[3:],
        fill=pictures["fill"][i],
        palette=rows["palette"][i],
        share=rows["share"][i],
    )


def _painted(sketch: Sketch) -> Tensor:
    """(4, H, W) flats and alpha."""
    return torch.cat([_given(sketch.flats), _given(sketch.alpha)])


def _bytes(image: Tensor | None) -> Tensor:
    return (_given(image) * 255).round().byte()


def _given(value: Tensor | None) -> Tensor:
    if value is None:
        raise ValueError("only sketches with flats, fill and palette can be packed")
    return value
