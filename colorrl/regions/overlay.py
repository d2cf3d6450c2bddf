"""A picture of the regions under their line, with the repairs marked."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.regions.repair import AHEAD, BALL, FACING, Repair
from colorrl.types import RegionMap

Pixels = NDArray[np.uint8]

# sRGB of the gaps by how they were closed, and of merged slivers
GAP = {FACING: (230, 0, 0), AHEAD: (0, 60, 230), BALL: (150, 0, 200)}
SLIVER = (255, 140, 0)
GOLDEN = 0.618034  # hues this share of the circle apart never come round to the same one
TINT = 0.3  # saturation: the marks must stand out
SIDE_PER_STROKE = 250  # a mark's stroke is one pixel wide for so many of the page's longer side


def overlay(line: NDArray[np.float32], regions: RegionMap, repair: Repair) -> Pixels:
    """(H, W, 3) sRGB: ``line`` (H, W), 1 = paper, over tinted ``regions``, repairs on top."""
    tint = tints(regions.n_regions, regions.background)[regions.region_index.numpy()]
    gray = np.rint(line * 255).astype(np.uint8)
    picture = cv2.multiply(tint, cv2.merge([gray, gray, gray]), scale=1 / 255)
    stroke = max(1, round(max(gray.shape) / SIDE_PER_STROKE))
    for kind, color in GAP.items():
        segments = repair.gap[repair.gap_kind == kind].astype(np.int32)
        cv2.polylines(picture, list(segments), False, color, stroke)
    picture[_rings(repair.sliver, gray.shape, 2 * stroke)] = SLIVER
    return np.asarray(picture, np.uint8)


def tints(n_regions: int, background: int) -> Pixels:
    """(R+1, 3) pale colours, neighbours in number far apart in hue; ink and background white."""
    hue = (np.arange(n_regions + 1) * GOLDEN) % 1
    wave = np.abs((hue[:, None] * 6 + np.array([0, 4, 2])) % 6 - 3) - 1
    color = 1 - TINT * (1 - wave.clip(0, 1))
    color[[0, background]] = 1
    return np.rint(color * 255).astype(np.uint8)


def _rings(points: NDArray[np.int64], shape: tuple[int, ...], radius: int) -> NDArray[np.bool_]:
    """(H, W) True on circles around ``points`` (P, 2), column and row."""
    dot = np.zeros(shape, np.uint8)
    dot[points[:, 1], points[:, 0]] = 1
    outer, inner = (
        cv2.dilate(dot, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1)))
        for r in (radius + max(1, radius // 4), radius)
    )
    return np.asarray(outer > inner)
