"""Where the ink of a line art is, how wide its lines are and where they end."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.morphology import skeletonize

Mask = NDArray[np.bool_]

# Otsu on an almost white or almost black page finds noise: below 0.5 an antialiased hairline
# would open, above 0.9 the grain of the paper would count as ink.
THRESHOLD_BOUNDS = (0.5, 0.9)


def otsu_threshold(line: NDArray[np.float32]) -> float:
    """Otsu's threshold of ``line`` (H, W) in [0, 1], clipped to ``THRESHOLD_BOUNDS``.

    Source: Otsu 1979, "A threshold selection method from gray-level histograms".
    """
    grey = np.rint(line * 255).astype(np.uint8)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    # Otsu names the last level of the dark class; half a level more lies between the classes
    return float(np.clip((level + 0.5) / 255, *THRESHOLD_BOUNDS))


def ink_mask(line: NDArray[np.float32], threshold: float | None = None) -> Mask:
    """(H, W) bool, True where ``line`` (H, W, 1 = paper) is below ``threshold`` (None: Otsu)."""
    return line < (otsu_threshold(line) if threshold is None else threshold)


def line_width(ink: Mask) -> float:
    """Mean stroke width of ``ink`` (H, W) in pixels, at least 1; 1.0 where there is no line.

    A stroke of width w and length l has area w l and two sides of l pixel edges, and an edge
    count exceeds a length by 4 / pi averaged over directions.
    """
    sides = np.count_nonzero(ink[1:] != ink[:-1]) + np.count_nonzero(ink[:, 1:] != ink[:, :-1])
    if sides == 0:
        return 1.0
    return max(1.0, 2 * np.count_nonzero(ink) / (sides * math.pi / 4))


def line_ends(ink: Mask, width: float) -> tuple[Mask, float]:
    """Where strokes of ``ink`` (H, W) end, and by how many pixels the ends are cut short.

    Ends of the skeleton after cutting ``width`` pixels off every branch, which removes the spurs
    that corners grow. Strokes that leave the page do not end.
    """
    cut = math.ceil(width) + 1
    # strokes run on beyond the border, where their ends are cropped away
    pad = 2 * cut
    bone = skeletonize(np.pad(ink, pad, mode="edge")).astype(np.uint8)
    for _ in range(cut):
        bone[_tips(bone)] = 0
    return _tips(bone)[pad:-pad, pad:-pad], float(cut)


def _tips(bone: NDArray[np.uint8]) -> Mask:
    """Skeleton pixels with at most one 8-neighbour."""
    neighbours = cv2.boxFilter(
        bone, cv2.CV_8U, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return (bone > 0) & (neighbours <= 2)
