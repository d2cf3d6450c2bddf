"""Flats and composites as PNG: one colour per region at full resolution, complete or absent."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

# zlib's level: flats shrink hardly further at 9, and take thrice the time
COMPRESSION = 4


def to_bytes(colours: NDArray[np.float32]) -> Pixels:
    """sRGB in [0, 1] as 0..255, rounded; what lies outside is clipped."""
    return np.rint(np.clip(colours, 0, 1) * 255).astype(np.uint8)


def flats(owner: NDArray[np.int32], colours: Pixels) -> Pixels:
    """(H, W, 3): each pixel of ``owner`` (H, W) in its region's colour of ``colours`` (R+1, 3).

    Ink wears its owner's colour, so that no seam shows when the line is moved or thinned.
    """
    return colours[owner]


def composite(flat: Pixels, line: NDArray[np.float32]) -> Pixels:
    """``flat`` (H, W, 3) multiplied by ``line`` (H, W) in [0, 1], 1 = paper."""
    return np.rint(flat * line[..., None]).astype(np.uint8)


def write_png(path: Path, pixels: Pixels) -> None:
    """``pixels`` (H, W, 3) as an RGB file; makes the folder. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    try:
        Image.fromarray(pixels).save(draft, format="PNG", compress_level=COMPRESSION)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
