"""Speech bubbles and gutters: what stays paper on a page unless hint or sheet decide otherwise.

A bubble is a region that

- lies inside a line: less than a tenth of its border is the page's edge;
- is round or a rounded box: it fills most of its convex hull, which an ellipse or a box fits;
- holds text: several islands of ink, small, like in height and standing in rows, most of them
  strokes rather than blots, and nothing large besides, as a face has eyes and a mouth;
- holds no bubble: that is a panel.

Gap closing may part a bubble along a row of text, so what the line alone encloses is looked at as
well. What lies wholly inside a bubble (the eyes of letters) stays paper too. A gutter is a region
along the page's edge, or between panels, that is long, narrow and bounded by upright and level
lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from colorrl.regions.graph import Labels, areas, components

Mask = NDArray[np.bool_]
# of a bubble's border: on the page's edge
MAX_EDGE = 0.1
# of its convex hull, filled; of the ellipse or box about it, filled
MIN_SOLID, MIN_ROUND = 0.85, 0.8
# px across at which a shape is judged
ROUND_SIDE = 128
# of the page, and px: smaller ones hold no text that could be read
MIN_AREA, MIN_SIDE = 0.0005, 24
# islands of ink: how many at least, and their height as a share of the bubble's at most
MIN_LETTERS, MAX_HEIGHT = 4, 0.35
# of a bubble's box, the box of any: letters run together to a word of a third of its width and an
# eighth of its height fill .042; of nine faces with four and more parts in rows the largest part
# fills .050 to .119 (240 DiceBear drawings of train), of 20 drawn bubbles .006 to .018
MAX_ISLAND = 0.045
# a row of text from side to side, which alone parts a bubble, has so many
MIN_PARTING = 8
# letters are alike: this share of the islands within so many times the median height
MIN_ALIKE, ALIKE = 0.7, 2.0
# and drawn with strokes: a blot fills more of its box than this, less its corners
MIN_STROKES, BLOT = 0.6, 0.72
# letters stand in rows: this share has a neighbour at its own level, so many heights away at most
MIN_ROWS, NEXT = 0.7, 1.6
# gutters: width at most and length at least, as shares of the page's sides; border along the axes
MAX_WIDTH, MIN_LENGTH, MIN_STRAIGHT = 0.08, 0.25, 0.85


@dataclass(frozen=True, slots=True)
class Island:
    """A piece of ink inside a region."""

    left: int
    top: int
    width: int
    height: int
    area: int


def bubbles(label: Labels) -> Mask:
    """(R+1,) True for the speech bubbles among the regions ``label`` (H, W; 0 = ink), and for what
    lies wholly inside one."""
    found = _bubbles(label, MIN_LETTERS)
    whole = components(label > 0)
    if whole.max() < label.max():  # some gap was closed
        found[np.unique(label[_bubbles(whole, MIN_PARTING)[whole]])] = True
    return found


def _bubbles(label: Labels, letters: int) -> Mask:
    """``bubbles`` of at least so many letters, as ``label`` has them."""
    n = int(label.max()) + 1
    found = np.zeros(n, bool)
    boxes = _boxes(label, n)
    # from the smallest on: one that holds another is none
    for region in sorted(range(1, n), key=lambda r: boxes[r, 2] * boxes[r, 3]):
        inside = _bubble(label, region, boxes[region], letters)
        if inside is not None and not found[inside].any():
            found[inside] = True
    return found


def _boxes(label: Labels, n: int) -> NDArray[np.int64]:
    """(R+1, 5) left, top, width, height and area of each region."""
    area = areas(label)
    boxes = np.zeros((n, 5), np.int64)
    for region, span in enumerate(find_objects(label), 1):
        if span is not None:
            (top, bottom), (left, right) = ((s.start, s.stop) for s in span)
            boxes[region] = left, top, right - left, bottom - top, area[region]
    return boxes


def _bubble(
    label: Labels, region: int, box: NDArray[np.int64], letters: int
) -> NDArray[np.int64] | None:
    """The regions of a bubble's inside, itself among them; None if ``region`` is no bubble."""
    left, top, width, height, area = box.tolist()
    if area < MIN_AREA * label.size or min(width, height) < MIN_SIDE:
        return None
    part = label[top : top + height, left : left + width]
    own = part == region
    filled = outline(own)
    if not _is_round(filled) or _on_edge(own, box, label.shape) > MAX_EDGE:
        return None
    if not is_text(islands(filled & (part == 0)), (width, height), letters):
        return None
    whole = areas(part)
    within = areas(np.where(filled, part, 0))
    ids = np.flatnonzero(within)
    return np.array([i for i in ids if i and within[i] == whole[i]])


def outline(own: Mask) -> Mask:
    """``own`` (H, W) with its holes filled: of its pieces the largest."""
    edge = np.pad(own.astype(np.uint8), 1)
    shapes, _ = cv2.findContours(edge, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(edge), [max(shapes, key=cv2.contourArea)], -1, 1, -1)
    return filled[1:-1, 1:-1] > 0


def _is_round(filled: Mask) -> bool:
    """Whether a shape without its tail fills its convex hull, and an ellipse or box does it."""
    small = filled.astype(np.uint8)
    if (scale := ROUND_SIDE / min(filled.shape)) < 1:  # an opening costs its ball's width a pixel
        smaller = cv2.resize(small, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
        small = smaller.astype(np.uint8)
    reach = max(3, min(small.shape) // 5) | 1
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    body = cv2.morphologyEx(np.pad(small, reach), cv2.MORPH_OPEN, ball)
    shapes, _ = cv2.findContours(body, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not shapes:
        return False
    shape = max(shapes, key=cv2.contourArea)
    area, hull = float(cv2.contourArea(shape)), float(cv2.contourArea(cv2.convexHull(shape)))
    if len(shape) < 5 or area < MIN_SOLID * hull:
        return False
    _, axes, _ = cv2.fitEllipse(shape)
    ellipse = float(np.pi / 4 * axes[0] * axes[1])
    box = float(np.prod(cv2.minAreaRect(shape)[1]))
    fits = min(area, ellipse) / max(area, ellipse, 1.0)
    return max(fits, area / max(box, 1.0)) >= MIN_ROUND


def _on_edge(own: Mask, box: NDArray[np.int64], shape: tuple[int, ...]) -> float:
    """Share of a region's outline that is the page's edge."""
    left, top, width, height = box[:4].tolist()
    sides = [
        (left == 0, own[:, 0]),
        (top == 0, own[0]),
        (left + width == shape[1], own[:, -1]),
        (top + height == shape[0], own[-1]),
    ]
    return sum(int(row.sum()) for at, row in sides if at) / (2 * (width + height))


def islands(ink: Mask) -> list[Island]:
    """The pieces of ``ink`` inside a region, whatever the regions between them: gap closing parts
    paper between letters."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    return [Island(*map(int, row)) for row in stats[1:]]


def is_text(found: list[Island], size: tuple[int, int], letters: int) -> bool:
    """Whether islands of ink in a region of ``size`` px (width, height) are lines of ``letters`` or
    more."""
    width, height = size
    small = [i for i in found if i.height <= MAX_HEIGHT * height and max(i.width, i.height) > 2]
    if len(small) < letters or len(small) < len(found) * 0.5:
        return False
    if any(i.height > MAX_HEIGHT * height for i in found):
        return False
    if any(i.width * i.height > MAX_ISLAND * width * height for i in found):
        return False
    heights = np.array([i.height for i in small], float)
    middle = float(np.median(heights))
    alike = (heights < ALIKE * middle) & (heights > middle / ALIKE)
    blots = np.array(
        [i.area > BLOT * i.width * i.height and i.width < 1.6 * i.height for i in small]
    )
    level = np.array([i.top + i.height / 2 for i in small])
    start, end = (np.array([i.left for i in small]), np.array([i.left + i.width for i in small]))
    beside = abs(level[:, None] - level[None]) < 0.6 * middle
    apart = np.maximum(start[:, None] - end[None], start[None] - end[:, None])
    near = beside & (apart > -0.2 * middle) & (apart < NEXT * middle)
    np.fill_diagonal(near, False)
    enough = alike.mean() >= MIN_ALIKE and (~blots).mean() >= MIN_STROKES
    return bool(enough and near.any(1).mean() >= MIN_ROWS)


def gutters(label: Labels) -> Mask:
    """(R+1,) True for regions at the page's edge, long and narrow, with upright or level sides."""
    n = int(label.max()) + 1
    found = np.zeros(n, bool)
    edge = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
    boxes = _boxes(label, n)
    for region in np.unique(edge[edge > 0]).tolist():
        left, top, width, height, _ = boxes[region].tolist()
        own = label[top : top + height, left : left + width] == region
        found[region] = _is_gutter(own, label.shape)
    return found


def _is_gutter(own: Mask, shape: tuple[int, ...]) -> bool:
    longest = max(own.shape[0] / shape[0], own.shape[1] / shape[1])
    if longest < MIN_LENGTH:
        return False
    inside = cv2.distanceTransform(np.pad(own.astype(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_3)
    if 2 * inside.max() > MAX_WIDTH * max(shape):
        return False
    return _straight(own) >= MIN_STRAIGHT


def _straight(own: Mask) -> float:
    """Share of a region's border that runs upright or level over a dozen px."""
    edge = np.pad(own.astype(np.uint8), 1)
    shapes, _ = cv2.findContours(edge, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    straight = total = 0
    for shape in shapes:
        points = shape[:, 0]
        step = abs(points - np.roll(points, 12, axis=0))
        straight += int((step.min(1) <= 1).sum())
        total += len(points)
    return straight / max(total, 1)
