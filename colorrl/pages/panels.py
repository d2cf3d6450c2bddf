"""Where a page is looked at: whole, or panel by panel, or a strip piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.pages.constraints.parted import is_strip
from colorrl.regions.graph import Labels

SIDE = 1024  # px of the longer side at which panels are looked for
# of the page; and of its box: what is no smaller and fills it so far is a panel
LARGE, FULL = 0.02, 0.85
# of the page: smaller pieces go with the box that is nearest
SMALL = 0.004
# a box longer than so many times its width is looked at in pieces of the second ratio
LONG, PIECE = 2.0, 1.5
# pieces of a box at most: each is sampled on its own
MOST = 48


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of a page in pixels, ``bottom`` and ``right`` outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def area(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    @property
    def window(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


def views(region_index: Labels, paper: NDArray[np.bool_]) -> list[Box]:
    """Boxes in which regions ``region_index`` (H, W) are looked at; ``paper`` (R+1,) parts them.

    One box, the page, unless it is a strip or has two panels at least: rectangles that paper parts.
    """
    whole = Box(0, 0, *region_index.shape)
    step = -(-max(region_index.shape) // SIDE)
    drawn = ~paper[region_index[::step, ::step]]
    stats = cv2.connectedComponentsWithStats(drawn.view(np.uint8), connectivity=8)[2][1:]
    size = stats[:, cv2.CC_STAT_AREA]
    full = size >= FULL * stats[:, cv2.CC_STAT_WIDTH] * stats[:, cv2.CC_STAT_HEIGHT]
    panels = full & (size >= LARGE * drawn.size)
    if not is_strip(region_index.shape) and panels.sum() < 2:
        return [whole]
    boxes = [_box(row, step, region_index.shape) for row in stats.tolist()]
    boxes = _merged(boxes, SMALL * region_index.size)
    return [piece for box in boxes for piece in _pieces(box)] or [whole]


def _box(row: list[int], step: int, shape: tuple[int, ...]) -> Box:
    left, top, width, height = (v * step for v in row[:4])
    return Box(top, left, min(top + height, shape[0]), min(left + width, shape[1]))


def _merged(boxes: list[Box], small: float) -> list[Box]:
    """``boxes`` joined where they overlap, small ones with the nearest; the upper ones first."""
    left = sorted(boxes, key=lambda b: -b.area)
    done: list[Box] = []
    for box in left:
        near = min(done, key=lambda other: _apart(box, other), default=None)
        while near is not None and (_apart(box, near) < 0 or box.area < small):
            done.remove(near)
            box = _hull(box, near)
            near = min(done, key=lambda other: _apart(box, other), default=None)
        done.append(box)
    return sorted(done, key=lambda b: (b.top, b.left))


def _apart(one: Box, other: Box) -> int:
    """Pixels between two boxes, negative where they overlap."""
    down = max(one.top - other.bottom, other.top - one.bottom)
    across = max(one.left - other.right, other.left - one.right)
    return max(down, across)


def _hull(one: Box, other: Box) -> Box:
    return Box(
        min(one.top, other.top),
        min(one.left, other.left),
        max(one.bottom, other.bottom),
        max(one.right, other.right),
    )


def _pieces(box: Box) -> list[Box]:
    """``box``, or what a long one is cut into."""
    height, width = box.bottom - box.top, box.right - box.left
    if max(height, width) <= LONG * min(height, width):
        return [box]
    n = min(MOST, -(-max(height, width) // max(1, int(PIECE * min(height, width)))))
    if height >= width:
        cuts = np.linspace(box.top, box.bottom, n + 1).astype(int).tolist()
        return [Box(a, box.left, b, box.right) for a, b in pairwise(cuts)]
    cuts = np.linspace(box.left, box.right, n + 1).astype(int).tolist()
    return [Box(box.top, a, box.bottom, b) for a, b in pairwise(cuts)]
