"""A prepared set, read at the size a model wants, and kept in one file per split and size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.bars import inner_bar
from colorrl.data.colors import paint, palette_of
from colorrl.data.packed import read_packed, write_packed
from colorrl.data.preparation.area import averaged, averaged_fill
from colorrl.data.preparation.manifest import SPLITS, Entry, read_layer, read_manifest
from colorrl.data.preparation.screen import n_enclosed
from colorrl.regions.graph import partition
from colorrl.regions.resize import resize_regions
from colorrl.regions.segment import line_sha
from colorrl.types import Sketch

# raise when the same prepared set gives other sketches
VERSION = 3


def load_split(root: Path, split: str, size: int) -> list[Sketch]:
    """The sketches of ``split`` (train, val, test) of the set at ``root``, at ``size`` px, by id.

    train has every variant of a drawing; val and test have one per base, so that variants do
    not outvote the rest. Lines and fills are averaged over area; flats are painted per
    region. Sketches with fewer than two enclosed regions at ``size`` are left out. Raises
    ValueError for an unknown or empty split and a size that no prepared set reaches,
    FileNotFoundError if nothing is prepared.
    """
    if split not in SPLITS:
        raise ValueError(f"no split '{split}': one of {', '.join(SPLITS)}")
    folder = prepared_folder(Path(root), size)
    manifest = folder / "manifest.jsonl"
    listed = read_manifest(manifest)
    if all(e.split == "test" for e in listed) and split != "test":
        raise ValueError(f"{folder} is a set to test on: it has no {split}")
    entries = [e for e in listed if e.split == split]
    digest = hashlib.sha256(manifest.read_bytes() + bytes([VERSION])).hexdigest()[:16]
    path = folder / "cache" / f"{split}-{size}-{digest}.pt"
    if not path.is_file():
        chosen = entries if split == "train" else one_per_base(entries)
        found = _read_all(folder, chosen, size)
        sketches = [s for s in found if n_enclosed(s.regions) >= 2]
        if not sketches:
            raise ValueError(
                f"no sketches of {split} in {folder}: {len(entries)} drawings were dealt there; "
                "another data.seed or split.held_out of colorrl prepare deals others"
            )
        write_packed(path, sketches)
    return read_packed(path)


def prepared_folder(root: Path, size: int) -> Path:
    """The smallest prepared resolution of the set at ``root`` that is at least ``size`` px."""
    sizes = sorted(int(p.parent.name) for p in root.glob("pixels/[0-9]*/meta.json"))
    if not sizes:
        raise FileNotFoundError(
            f"no prepared pictures in {root / 'pixels'}; make them with: "
            f"colorrl prepare data={root.name} data.root={root.parent}"
        )
    if size < 1 or size > sizes[-1]:
        raise ValueError(
            f"{root} is prepared at {', '.join(map(str, sizes))} px, not at {size} px or more; "
            f"make it with: colorrl prepare data={root.name} data.size={size}"
        )
    return root / "pixels" / str(next(s for s in sizes if s >= size))


def one_per_base(entries: Iterable[Entry]) -> list[Entry]:
    """The first entry of each base, one that is no variant if there is one."""
    chosen: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda e: (e.variant_of is not None, e.id)):
        chosen.setdefault(entry.base, entry)
    return sorted(chosen.values(), key=lambda e: e.id)


def variants(root: Path, size: int) -> dict[str, str]:
    """Of the set at ``root``: the id of each variant, and the drawing that it is one of."""
    listed = read_manifest(prepared_folder(root, size) / "manifest.jsonl")
    return {e.id: e.variant_of for e in listed if e.variant_of is not None}


def read_pair(folder: Path, entry: Entry, size: int) -> Sketch:
    """The sketch of ``entry`` in the prepared ``folder``, at ``size`` px."""
    line = read_layer(folder, "line", entry.id).astype(np.float32) / np.float32(255)
    label = read_layer(folder, "regions", entry.id).astype(np.int32)
    whole = partition(label, line_sha(line))
    regions, kept = resize_regions(whole, (size, size))
    small = torch.from_numpy(averaged(line, size))[None]
    if "flats" not in entry.sha256:
        return Sketch(entry.id, small, regions)
    flats = read_layer(folder, "flats", entry.id).astype(np.float32) / np.float32(255)
    color = _first_colors(flats, whole.region_index.numpy())[kept]
    color[0] = (1, 1, 1, 0)
    painted = paint(torch.from_numpy(color), regions.region_index)
    rgb, is_painted = torch.from_numpy(color[:, :3]), torch.from_numpy(color[:, 3] > 0)
    palette, share = palette_of(rgb, is_painted, regions)
    fill = read_layer(folder, "fill", entry.id).astype(np.float32) / np.float32(255)
    fill = averaged_fill(fill, size).transpose(2, 0, 1).copy()
    return Sketch(
        id=entry.id,
        line=small,
        regions=regions,
        flats=painted[:3],
        alpha=painted[3:],
        fill=torch.from_numpy(fill),
        palette=palette,
        share=share,
    )


def _read_all(folder: Path, entries: Sequence[Entry], size: int) -> list[Sketch]:
    bar = inner_bar(entries, desc=f"read at {size} px", unit="sketch")
    return [read_pair(folder, entry, size) for entry in bar]


def _first_colors(
    flats: NDArray[np.float32], region_index: NDArray[np.int32]
) -> NDArray[np.float32]:
    """(R+1, C) the colour of each owner in region-exact ``flats`` (H, W, C)."""
    ids, first = np.unique(region_index, return_index=True)
    color = np.zeros((int(region_index.max()) + 1, flats.shape[2]), np.float32)
    color[ids] = flats.reshape(-1, flats.shape[2])[first]
    return color
