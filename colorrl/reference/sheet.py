"""A coloured drawing whose colours other pages are to wear."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# parts of a figure that lie this near, as a share of the sheet's longer side, belong together
TOGETHER = 0.015
# smaller figures, as a share of the sheet, propose no place of their own
MIN_FIGURE = 0.002


@dataclass(frozen=True, slots=True)
class Sheet:
    """A line art, its regions and what each of them wears."""

    line: NDArray[np.float32]  # (H, W) in [0, 1], 1 = paper
    owner: NDArray[np.int32]  # (H, W) region ids, 0 = nobody's
    colours: NDArray[np.uint8]  # (R+1, 3) sRGB
    bare: NDArray[np.bool_]  # (R+1,) True = the paper shows
    background: int  # id of the paper around the drawing, 0 = none


def figures(sheet: Sheet) -> NDArray[np.int32]:
    """(H, W) which figure each pixel belongs to, 0 = none: what lies together on bare paper."""
    shown = (sheet.owner > 0) & ~((sheet.owner == sheet.background) & sheet.bare[sheet.owner])
    reach = 2 * max(1, round(TOGETHER * max(shown.shape))) + 1
    joined = cv2.dilate(shown.astype(np.uint8), np.ones((reach, reach), np.uint8))
    _, piece, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= MIN_FIGURE * shown.size
    large[0] = False
    return np.where(large, np.cumsum(large), 0).astype(np.int32)[piece]


def colours_of(sheet: Sheet, most: int) -> NDArray[np.uint8]:
    """(K, 3) the different colours of ``sheet``, the largest area first, ``most`` at most."""
    area = np.bincount(sheet.owner.ravel(), minlength=len(sheet.colours))
    shown = ~sheet.bare & (area > 0)
    colours, index = np.unique(sheet.colours[shown], axis=0, return_inverse=True)
    total = np.bincount(index.ravel(), area[shown], len(colours))
    return np.asarray(colours[np.argsort(-total, kind="stable")][:most])
