"""Blue pencil under the ink: construction lines, which a person may have dropped.

A pixel of ink over blue is a mixture of two darknesses: that of the pencil, which takes little from
the blue channel, and that of ink, which takes as much from every channel. What ink there is comes
out of the two channels that differ most, red and blue.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.images.image import Drawing, channels

# blue pencil takes so much from red (of 255), and from blue at most that share of it: navy ink and
# the blue of a ballpoint take more
LEAST, MOST = 24, 0.6
# ink that is left of a blue pixel and fainter than this (of 255) is the pencil's own grain
FAINT = 48


def without_blue(drawing: Drawing) -> tuple[Drawing, float]:
    """``drawing`` (H, W, C) without its blue pencil, and the share of the page that it covered."""
    if drawing.shape[2] < 3:
        return drawing, 0.0
    red, green, blue = (255 - plane for plane in channels(drawing))
    pencil = (red > LEAST) & (blue < MOST * red) & (green <= red)
    if not pencil.any():
        return drawing, 0.0
    ink = _ink(red[pencil], blue[pencil])
    # on white: a see-through layer of pencil would show the paper's alpha
    left = [np.where(pencil, np.uint8(255), 255 - plane) for plane in (red, green, blue)]
    for plane in left:
        plane[pencil] = 255 - ink
    return np.asarray(cv2.merge(left), np.uint8), float(pencil.mean())


def _ink(red: NDArray[np.uint8], blue: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(P,) how dark the ink of blue pixels is, by how dark each is in ``red`` and ``blue``."""
    share = blue / np.maximum(red, 1).astype(np.float32)
    # of blue pixels most are pencil alone; its hue varies with pressure
    pure = float(np.percentile(share, 75))
    mixed = (blue - red * np.float32(pure)) / (1 - pure)
    return np.where(mixed < FAINT, 0, mixed).clip(0, 255).astype(np.uint8)
