"""Line art as registration reads it: points with directions, distances to them, local features."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (P, 2) x, y in pixels
# directions modulo half a turn that are kept apart; a line meets those of its bin and beside it
BINS = 8
# of SIFT: lines are strong features, and weak ones are the paper's grain
MIN_CONTRAST = 0.02
# 1 = paper: a drawing whose darkest line is paler has none
PALEST = 0.9


@dataclass(frozen=True, slots=True)
class Marks:
    """The lines of a drawing as points and features: little to keep."""

    shape: tuple[int, ...]  # (H, W) of the drawing
    points: Points  # (P, 2) on the rims of the ink
    bin_angle: NDArray[np.float64]  # (P,) direction across the rim there, radians
    places: Points  # (F, 2) of features
    size: NDArray[np.float64]  # (F,) of features, px
    angle: NDArray[np.float64]  # (F,) of features, degrees
    feature: NDArray[np.float32]  # (F, 128) RootSIFT


@dataclass(frozen=True, slots=True)
class Strokes:
    """The lines of a drawing, and how far from them each pixel is: 32 bytes a pixel."""

    marks: Marks
    distance: NDArray[np.float32]  # (BINS, H, W) px to the nearest rim of about that direction

    @classmethod
    def of(cls, marks: Marks) -> Strokes:
        return cls(marks, _distances(marks.shape, marks.points, marks.bin_angle))


def read_marks(line: NDArray[np.float32], mask: NDArray[np.bool_] | None = None) -> Marks:
    """The lines of ``line`` (H, W) in [0, 1], 1 = paper; those inside ``mask`` alone.

    Features are SIFT (Lowe, IJCV 2004), compared by Hellinger's distance (Arandjelovic and
    Zisserman, CVPR 2012).
    """
    gray = np.rint(line * 255).astype(np.uint8)
    inside = None if mask is None else mask.astype(np.uint8) * 255
    keys, feature = cv2.SIFT.create(contrastThreshold=MIN_CONTRAST).detectAndCompute(gray, inside)
    if feature is None:
        feature = np.zeros((0, 128), np.float32)
    points, angle = _rims(line, mask)
    return Marks(
        shape=line.shape,
        points=points,
        bin_angle=angle,
        places=np.array([k.pt for k in keys], np.float64).reshape(-1, 2),
        size=np.array([k.size for k in keys], np.float64),
        angle=np.array([k.angle for k in keys], np.float64),
        feature=np.sqrt(feature / np.maximum(feature.sum(1, keepdims=True), 1e-9)),
    )


def _rims(
    line: NDArray[np.float32], mask: NDArray[np.bool_] | None
) -> tuple[Points, NDArray[np.float64]]:
    """Pixels on the rims of the ink, and the direction across the rim there."""
    smooth = cv2.GaussianBlur(line, (0, 0), 1.0)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    # smoothing pales a line of one pixel to .6: then half as dark as the darkest is ink
    darkest = float(smooth.min())
    ink = ((smooth < max(0.6, (1 + darkest) / 2)) & (darkest < PALEST)).astype(np.uint8)
    rim = ink > cv2.erode(ink, np.ones((3, 3), np.uint8))
    if mask is not None:
        rim &= mask
    rows, columns = np.nonzero(rim)
    angle = np.arctan2(gy[rows, columns], gx[rows, columns])
    return np.stack([columns, rows], 1).astype(np.float64), angle.astype(np.float64)


def bin_of(angle: NDArray[np.float64]) -> NDArray[np.int64]:
    """Directions in radians, modulo half a turn, as one of BINS."""
    return (np.rint(angle * BINS / np.pi) % BINS).astype(np.int64)


def _distances(
    shape: tuple[int, ...], points: Points, angle: NDArray[np.float64]
) -> NDArray[np.float32]:
    """(BINS, H, W), infinite where there is no such rim."""
    maps = np.full((BINS, *shape), np.inf, np.float32)
    at, bins = points.astype(np.int64), bin_of(angle)
    for b in range(BINS):
        like = np.isin(bins, [b - 1 if b else BINS - 1, b, (b + 1) % BINS])
        if like.any():
            empty = np.ones(shape, np.uint8)
            empty[at[like, 1], at[like, 0]] = 0
            maps[b] = cv2.distanceTransform(empty, cv2.DIST_L2, cv2.DIST_MASK_3)
    return maps
