"""Flat fills of grey or colour in a drawing: areas of their own, no ink."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.regions.ink import Mask, line_width

Pixels = NDArray[np.uint8]

# neighbours in a flat area differ by as little in each channel (of 255)
FLAT = 6
# lighter than the first in every channel is paper, darker than the second in every one is ink
PAPER, INK = 238, 48
# of the page, and in line widths: smaller or thinner areas are parts of lines
LEAST, THICK = 0.0008, 1.5
# the channels of a colour differ by so much; of the page: so much of it is a page coloured before
HUE, COLORED = 40, 0.05


@dataclass(frozen=True, slots=True)
class Fills:
    """The fills of a drawing."""

    mask: Mask  # (H, W)
    rim: Mask  # (H, W) what parts a fill from what lies beside it, a pixel wide
    colored: float  # share of the page that is filled with a hue


def fills(planes: list[Pixels], ink: Mask) -> Fills | None:
    """The fills of the channels ``planes`` (H, W), whose ``ink`` was found; None: it has none."""
    darkest = planes[0] if len(planes) == 1 else np.minimum.reduce(planes)
    lightest = planes[0] if len(planes) == 1 else np.maximum.reduce(planes)
    flat = (darkest <= PAPER) & (lightest >= INK)
    if flat.mean() < LEAST:
        return None
    box = np.ones((3, 3), np.uint8)
    for plane in planes:
        flat &= cv2.subtract(cv2.dilate(plane, box), cv2.erode(plane, box)) <= FLAT
    _, label, stats, _ = cv2.connectedComponentsWithStats(flat.view(np.uint8), connectivity=4)
    deep = cv2.distanceTransform(flat.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    depth = np.zeros(len(stats), np.float32)
    np.maximum.at(depth, np.asarray(label[flat], np.int64), deep[flat])
    thin = line_width(ink & ~flat)
    keep = (stats[:, cv2.CC_STAT_AREA] >= max(64, LEAST * flat.size)) & (depth >= THICK * thin)
    keep[0] = False
    if not keep.any():
        return None
    found = keep[label]
    hue = found & (cv2.subtract(lightest, darkest) > HUE)
    return Fills(found, _rim(found, box), float(hue.mean()))


def _rim(found: Mask, box: Pixels) -> Mask:
    return (cv2.dilate(found.view(np.uint8), box) > 0) & ~found
