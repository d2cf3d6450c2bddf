"""What must hold of every coloured page, checked on the files themselves."""

from __future__ import annotations

from pathlib import Path

import cc3d
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from psd_tools import PSDImage

from colorrl.export.jobs import Job
from colorrl.images.folder import read_drawing
from colorrl.images.image import over_white, strokes
from colorrl.palette import Palette
from colorrl.regions.graph import Labels
from colorrl.regions.segment import part


def faults(job: Job, palette: Palette) -> list[str]:
    """What is wrong with the flats, the composite and the PSD of ``job``, a sentence each.

    They must have been coloured with ``palette`` as a hard one.
    """
    drawing = read_drawing(job.path)
    regions = part(strokes(drawing))
    label, region_index = regions.label.numpy(), regions.region_index.numpy()
    flats = _pixels(Path(f"{job.stem}.flats.png"))
    checks = {
        "a region has several colours": _is_one_each(flats, region_index),
        "a region has stray pixels": strays(region_index, label) == 0,
        "a colour is not of the palette": _only(flats, palette),
        "the line is not the input's": _is_line(Path(f"{job.stem}.psd"), drawing),
        "the composite is not line times flats": _is_product(
            _pixels(Path(f"{job.stem}.composite.png")), flats, over_white(drawing)
        ),
    }
    return [f"{job.page}: {fault}" for fault, holds in checks.items() if not holds]


def strays(region_index: Labels, label: Labels) -> int:
    """How many 8-connected pieces of a region (H, W) lie apart from all of its paper."""
    piece = cc3d.connected_components(region_index, connectivity=8)
    return len(np.setdiff1d(piece, np.append(piece[label > 0], 0)))


def _is_one_each(flats: NDArray[np.uint8], region_index: Labels) -> bool:
    painted = np.zeros((int(region_index.max()) + 1, 4), np.uint8)
    painted[region_index] = flats
    return bool((painted[region_index] == flats).all())


def _only(flats: NDArray[np.uint8], palette: Palette) -> bool:
    allowed = np.rint(palette.colors.numpy() * 255).astype(np.uint8)
    there = np.unique(flats[flats[..., 3] > 0][:, :3], axis=0)
    return all((allowed == color).all(axis=1).any() for color in there)


def _is_line(psd: Path, drawing: NDArray[np.uint8]) -> bool:
    layer = np.asarray(PSDImage.open(psd)[-1].topil())
    has_alpha = drawing.shape[2] in (2, 4)
    color = drawing[..., :-1] if has_alpha else drawing
    alpha = drawing[..., -1] if has_alpha else np.uint8(255)
    return bool((layer[..., :3] == color).all() and (layer[..., 3] == alpha).all())


def _is_product(
    shown: NDArray[np.uint8], flats: NDArray[np.uint8], line: NDArray[np.uint8]
) -> bool:
    """Within one level: both are rounded."""
    color = np.where(flats[..., 3:] > 0, flats[..., :3], 255)
    return bool(abs(shown - color * (line / np.float32(255))).max() <= 1)


def _pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image)
