"""Line art as strokes: the half width of the line at each pixel of its centre.

Width, jitter, gaps and antialiasing are then chosen after the drawing, on the same drawing.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.morphology import skeletonize

from colorrl.regions.graph import Labels, components
from colorrl.regions.nearest import filled

Strokes = NDArray[np.float32]  # (H, W) half width in pixels at the centre of a line, 0 elsewhere
Line = NDArray[np.float32]  # (H, W) in [0, 1], 1 = paper

THINNEST = 0.5  # half width of a line of one pixel
HAIR = 1e-3  # half width that inks the centre's own pixel alone
SPUR = 10  # pixels that a corner of a stroke of 14 px (OpenMoji at 512 px) grows on its skeleton


def ink(strokes: Strokes, antialias: bool) -> Line:
    """The line art of ``strokes``: each pixel covered as far as the nearest centre reaches."""
    on = strokes > 0
    if not on.any():
        return np.ones_like(strokes)
    far, seed = cv2.distanceTransformWithLabels(
        (~on).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    reach = np.zeros(int(seed.max()) + 1, np.float32)
    reach[seed[on]] = strokes[on]
    cover = reach[seed] + THINNEST - far
    covered = np.clip(cover, 0, 1) if antialias else cover > 0.5
    return 1 - covered.astype(np.float32)


def with_width(
    relative: Strokes, width: float, jitter: float, random: np.random.Generator
) -> Strokes:
    """Strokes of ``width`` px from ``relative`` widths (1 = full), pressed unevenly.

    ``jitter`` is the standard deviation of the width as a share of it. No line gets thinner than
    a pixel.
    """
    coarse = random.standard_normal((9, 9)).astype(np.float32)
    pressure = cv2.resize(coarse, relative.shape[::-1], interpolation=cv2.INTER_CUBIC)
    half = relative * width / 2 * (1 + jitter * np.clip(pressure, -2, 2))
    return np.where(relative > 0, np.maximum(half, THINNEST), 0).astype(np.float32)


def between_pixels(strokes: Strokes) -> Strokes:
    """The same lines with their centres, two pixels thick, half a pixel below and to the right.

    Without antialiasing only this makes an even width exact.
    """
    thick = cv2.dilate(strokes, np.ones((2, 2), np.uint8))
    return np.where(thick > 0, np.maximum(thick - THINNEST, HAIR), 0).astype(np.float32)


def center_lines(line: Line) -> Strokes:
    """Relative widths (all 1) of the skeleton of ``line``, without the spurs of its corners."""
    bone = skeletonize(line < 0.5).astype(np.uint8)
    for _ in range(SPUR):
        around = cv2.boxFilter(bone, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        bone[(bone > 0) & (around == 2)] = 0
    return bone.astype(np.float32)


def regions_of(line: Line) -> Labels:
    """(H, W) int32, 0 = ink: the areas of paper that the ink of ``line`` closes."""
    return components(line > 0.5)


def owners(label: Labels) -> Labels:
    """``label`` with its ink given to the nearest region."""
    return filled(label)
