"""Prepared drawings as region tokens learn them, read straight from the prepared layers.

No neighbours, no fill, no picture of flats: a set is read in seconds and takes 50 kB a drawing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.bars import inner_bar
from colorrl.data.pairs import prepared_folder
from colorrl.data.preparation.area import averaged
from colorrl.data.preparation.manifest import Entry, read_layer, read_manifest
from colorrl.data.token_rows import Drawing, drawing_of
from colorrl.regions.graph import partition
from colorrl.regions.resize import shrink


def read_drawings(root: Path, split: str, size: int) -> list[Drawing]:
    """The drawings of ``split`` of the set at ``root``, at ``size`` px, by id: all colourings.

    As `load_split`, without those of fewer than two enclosed regions. Raises ValueError for an
    empty split, a set without colours and a size that no prepared set reaches, FileNotFoundError if
    nothing is prepared.
    """
    folder = prepared_folder(root, size)
    entries = [e for e in read_manifest(folder / "manifest.jsonl") if e.split == split]
    if any("flats" not in e.sha256 for e in entries):
        raise ValueError(
            f"{root} is line art without colours: training needs pairs; prepare it with "
            "data.reader.colours=FOLDER"
        )
    bar = inner_bar(entries, desc=f"{root.name} at {size} px", unit="drawing")
    found = [read_drawing(folder, entry, size) for entry in bar]
    kept = [d for d in found if len(d.entry) - 1 - (d.background > 0) >= 2]
    if not kept:
        raise ValueError(f"no drawings of {split} in {folder}")
    return kept


def read_drawing(folder: Path, entry: Entry, size: int) -> Drawing:
    """The drawing of ``entry`` in the prepared ``folder``, at ``size`` px."""
    line = read_layer(folder, "line", entry.id).copy()  # as read it cannot be written to
    regions = partition(read_layer(folder, "regions", entry.id).astype(np.int32), "")
    color = _first_colors(read_layer(folder, "flats", entry.id), regions.region_index.numpy())
    if line.shape != (size, size):
        line = averaged(line.astype(np.float32), size).round().astype(np.uint8)
        label, kept = shrink(regions.label.numpy(), regions.region_index.numpy(), (size, size))
        regions, color = partition(label, ""), color[kept]
    return drawing_of(entry.id, line, regions, torch.from_numpy(color).float() / 255)


def _first_colors(flats: NDArray[np.uint8], region_index: NDArray[np.int32]) -> NDArray[np.uint8]:
    """(R+1, 4) the colour of each region in region-exact ``flats`` (H, W, 4); 0 for ink."""
    ids, first = np.unique(region_index, return_index=True)
    color = np.zeros((int(region_index.max()) + 1, 4), np.uint8)
    color[ids] = flats.reshape(-1, 4)[first]
    color[0] = 0
    return color
