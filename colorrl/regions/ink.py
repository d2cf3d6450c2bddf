"""Where the ink of a line art is, and how wide its lines are."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

# Otsu on an almost white or almost black page finds noise: below 0.5 an antialiased hairline
# would open, above 0.9 the grain of the paper would count as ink.
THRESHOLD_BOUNDS = (0.5, 0.9)
# paper whose brightness varies by more than this is unevenly lit
UNEVEN = 0.2
SIDES_PER_WIDTH = 16
# cells along each side of the grid on which the paper's brightness is measured
LAMP_CELLS = 32


def otsu_threshold(line: NDArray[np.float32]) -> float:
    """Otsu's threshold of ``line`` (H, W) in [0, 1], clipped to ``THRESHOLD_BOUNDS``.

    Source: Otsu 1979, "A threshold selection method from gray-level histograms".
    """
    gray = np.empty(line.shape, np.uint8)
    for row, to in zip(
        line, gray, strict=True
    ):  # row by row: a page in floats takes four times as much
        to[:] = np.rint(row * 255)
    level, _ = cv2.threshold(gray, 0, 255, cv2.THRESH_OTSU)
    # Otsu names the last level of the dark class; half a level more lies between the classes
    return float(np.clip((level + 0.5) / 255, *THRESHOLD_BOUNDS))


def ink_mask(line: NDArray[np.float32], threshold: float | None = None) -> Mask:
    """(H, W) bool, True where ``line`` (H, W, 1 = paper) is below ``threshold``.

    None: Otsu's threshold, of the line over its paper where that is unevenly lit.
    """
    if threshold is not None:
        return line < threshold
    paper = paper_level(line)
    if np.ptp(paper) > UNEVEN:
        line = line / _enlarged(paper, line.shape)
    return line < otsu_threshold(line.clip(0, 1))


def paper_level(line: NDArray[np.float32]) -> NDArray[np.float32]:
    """How bright the paper is, on a grid of at most ``LAMP_CELLS`` cells along each side.

    A cell's paper is its brightest part. Under solid black there is none to see: a cell takes the
    level of its surroundings, so that Otsu still finds the black, which a local threshold such as
    Sauvola's hollows out.
    """
    h, w = line.shape
    size = (min(w, LAMP_CELLS * 4), min(h, LAMP_CELLS * 4))
    small = cv2.resize(line, size, interpolation=cv2.INTER_AREA)
    bright = cv2.dilate(small, np.ones((9, 9), np.uint8))
    bright = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((17, 17), np.uint8))
    return np.asarray(cv2.blur(bright, (9, 9)), np.float32)


def _enlarged(image: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    large = cv2.resize(image, shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, np.float32).clip(1e-3)


def line_width(ink: Mask) -> float:
    """Mean stroke width of ``ink`` (H, W) in pixels, at least 1; 1.0 where there is no line.

    At most a ``SIDES_PER_WIDTH``th of the shorter side: what is wider is solid black, no line.
    A stroke of width w and length l has area w l and two sides of l pixel edges, and an edge
    count exceeds a length by 4 / pi averaged over directions.
    """
    sides = np.count_nonzero(ink[1:] != ink[:-1]) + np.count_nonzero(ink[:, 1:] != ink[:, :-1])
    if sides == 0:
        return 1.0
    mean = 2 * np.count_nonzero(ink) / (sides * math.pi / 4)
    return float(np.clip(mean, 1.0, max(1.0, min(ink.shape) / SIDES_PER_WIDTH)))
