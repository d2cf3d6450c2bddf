"""Many sketches of one size, all with colours or none, in one file that opens at once.

Pictures are stacked and kept as bytes; what differs in length (areas, edges, palettes) is laid
end to end. Every number comes back as it went in but line and fill, which are rounded to 1/255.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from colorrl.data.colors import paint, region_colors
from colorrl.types import RegionMap, Sketch

REGIONS = ("area", "weight", "contact", "edges")  # one row a region or an edge


def write_packed(path: Path, sketches: Sequence[Sketch]) -> None:
    """Write ``sketches`` whole or not at all.

    Raises ValueError if there are none, and if some have colours and others have not.
    """
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
    pictures = {"line": torch.stack([_bytes(s.line) for s in sketches])}
    rows: dict[str, list[Tensor]] = {name: [getattr(m, name) for m in maps] for name in REGIONS}
    if any(s.flats is not None for s in sketches):
        pictures["fill"] = torch.stack([_bytes(_given(s.fill)) for s in sketches])
        rows["colour"] = [region_colors(_painted(s), s.regions) for s in sketches]
        rows["palette"] = [_given(s.palette) for s in sketches]
        rows["share"] = [_given(s.share) for s in sketches]
    return {
        "id": [s.id for s in sketches],
        "sha": [m.sha for m in maps],
        "background": [m.background for m in maps],
        **pictures,
        "label": torch.stack([m.label for m in maps]).short(),
        "owner": torch.stack([m.region_index for m in maps]).short(),
        "across": torch.stack([m.across for m in maps]).short(),
        "length": {name: [len(v) for v in values] for name, values in rows.items()},
        "values": {name: torch.cat(values) for name, values in rows.items()},
    }


def _unpacked(pack: dict[str, Any]) -> list[Sketch]:
    pictures = {"line": pack["line"].float() / 255}
    if "fill" in pack:
        pictures["fill"] = pack["fill"].float() / 255
    labels = {k: pack[k].int() for k in ("label", "across")}
    labels["region_index"] = pack["owner"].int()
    rows = {k: torch.split(v, pack["length"][k]) for k, v in pack["values"].items()}
    return [_sketch(i, pack, pictures, labels, rows) for i in range(len(pack["id"]))]


def _sketch(
    i: int,
    pack: dict[str, Any],
    pictures: dict[str, Tensor],
    labels: dict[str, Tensor],
    rows: dict[str, tuple[Tensor, ...]],
) -> Sketch:
    regions = RegionMap(
        **{name: image[i] for name, image in labels.items()},
        **{name: rows[name][i] for name in REGIONS},
        background=pack["background"][i],
        sha=pack["sha"][i],
    )
    sketch = Sketch(pack["id"][i], pictures["line"][i], regions)
    if "fill" not in pictures:
        return sketch
    painted = paint(rows["colour"][i], regions.region_index)
    return replace(
        sketch,
        flats=painted[:3],
        alpha=painted[3:],
        fill=pictures["fill"][i],
        palette=rows["palette"][i],
        share=rows["share"][i],
    )


def _painted(sketch: Sketch) -> Tensor:
    """(4, H, W) flats and alpha."""
    return torch.cat([_given(sketch.flats), _given(sketch.alpha)])


def _bytes(image: Tensor) -> Tensor:
    return (image * 255).round().byte()


def _given(value: Tensor | None) -> Tensor:
    if value is None:
        raise ValueError("sketches with and without flats, fill and palette are no one pack")
    return value
