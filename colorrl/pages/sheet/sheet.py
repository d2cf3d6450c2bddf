"""A coloured drawing whose colours other pages are to get."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.regions.graph import Labels

# parts of a figure that lie this near, as a share of the sheet's longer side, belong together
TOGETHER = 0.015
# px along the longer side at which figures are looked for: lines stay a pixel wide in it
SIDE = 1024
# smaller figures, as a share of the sheet, propose no place of their own
MIN_FIGURE = 0.002


@dataclass(
    frozen=True, slots=True, eq=False, repr=False
)  # itself and no other: a key to what it was studied for
class Sheet:
    """A line art, its regions and the colour of each."""

    line: NDArray[np.float32]  # (H, W) in [0, 1], 1 = paper
    region_index: NDArray[np.int32]  # (H, W) region ids, 0 = nobody's
    colors: NDArray[np.uint8]  # (R+1, 3) sRGB
    bare: NDArray[np.bool_]  # (R+1,) True = the paper shows
    background: int  # id of the paper around the drawing, 0 = none
    least: float = 0.0  # share of a figure's lines that must meet, or the page shows none of its

    def __repr__(self) -> str:
        (height, width), n = self.region_index.shape, len(self.colors) - 1
        return f"Sheet({width} x {height} px, {n} regions)"


def reduced(sheet: Sheet) -> Sheet:
    """``sheet`` with sides of at most SIDE px."""
    return replace(
        sheet, line=shrunk(sheet.line), region_index=fitting(sheet.region_index, sheet.line)
    )


def shrunk(line: NDArray[np.float32]) -> NDArray[np.float32]:
    """``line`` (H, W) with sides of at most SIDE px."""
    scale = SIDE / max(line.shape)
    if scale >= 1:
        return line
    small = cv2.resize(line, size_of(line), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def fitting(region_index: Labels, line: NDArray[np.float32]) -> Labels:
    """``region_index`` at the size of ``shrunk(line)``."""
    if max(line.shape) <= SIDE:
        return region_index
    return cv2.resize(region_index, size_of(line), interpolation=cv2.INTER_NEAREST).astype(np.int32)


def size_of(line: NDArray[np.float32]) -> tuple[int, int]:
    """Width and height of ``line`` with a longer side of SIDE px."""
    height, width = (max(1, round(side * SIDE / max(line.shape))) for side in line.shape)
    return width, height


def figures(sheet: Sheet) -> NDArray[np.int32]:
    """(H, W) which figure each pixel belongs to, 0 = none: what lies together on bare paper."""
    shown = (sheet.region_index > 0) & ~_paper(sheet)[sheet.region_index]
    reach = 2 * max(1, round(TOGETHER * max(shown.shape))) + 1
    joined = cv2.dilate(shown.astype(np.uint8), np.ones((reach, reach), np.uint8))
    _, piece, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= MIN_FIGURE * shown.size
    large[0] = False
    return np.where(large, np.cumsum(large), 0).astype(np.int32)[piece]


def _paper(sheet: Sheet) -> NDArray[np.bool_]:
    """(R+1,) True for the bare background and what it was parted into: two busts on one sheet reach
    from its top to its bottom. A piece of one looks like it and reaches two edges of the sheet; a
    white shirt that is cut off reaches one."""
    if not (sheet.background and sheet.bare[sheet.background]):
        return np.zeros(len(sheet.bare), bool)
    region_index, ids = sheet.region_index, np.arange(len(sheet.bare))
    edges = (region_index[0], region_index[-1], region_index[:, 0], region_index[:, -1])
    reached = np.sum([np.isin(ids, edge) for edge in edges], 0)
    like = sheet.bare | (sheet.colors == sheet.colors[sheet.background]).all(1)
    return np.asarray((like & (reached >= 2)) | (ids == sheet.background))


def colors_of(sheet: Sheet, most: int) -> NDArray[np.uint8]:
    """(K, 3) the different colours of ``sheet``, the largest area first, ``most`` at most."""
    area = np.bincount(sheet.region_index.ravel(), minlength=len(sheet.colors))
    shown = ~sheet.bare & (area > 0)
    colors, index = np.unique(sheet.colors[shown], axis=0, return_inverse=True)
    total = np.bincount(index.ravel(), area[shown], len(colors))
    return np.asarray(colors[np.argsort(-total, kind="stable")][:most])
