"""Areas joined, and split by a stroke: which pixels change their region."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.regions.graph import components, nearest_label
from colorrl.studio.patch import Ids, Patch, Repaint, Row, Rows, difference

Stroke = NDArray[np.int32]  # (P, 2) columns and rows
Box = tuple[int, int, int, int]
Kind = TypeVar("Kind", bound=np.generic)
MOST_POINTS = 4000
# a stroke that ends near a line is led on to it: px, and share of the page's longer side
REACH, REACH_PER_SIDE = 12, 0.02
# pixels of paper that a part has at least: what is smaller goes to its neighbour
LEAST = 4


def stroke_of(points: object, shape: tuple[int, ...]) -> Stroke:
    """``points`` [[x, y], ..] on a page of ``shape`` (H, W). Raises ValueError."""
    if not isinstance(points, list) or not 2 <= len(points) <= MOST_POINTS:
        raise ValueError(f"a stroke has 2 to {MOST_POINTS} points")
    for point in points:
        if not isinstance(point, list) or len(point) != 2 or not all(map(_is_number, point)):
            raise ValueError("a point of a stroke is [x, y]")
    found = np.array(points, np.float64)
    return np.clip(found, 0, [shape[1] - 1, shape[0] - 1]).astype(np.int32)


def under(ids: Ids, stroke: Stroke) -> list[int]:
    """The regions that ``stroke`` crosses, in its order."""
    steps = [
        np.linspace(one, other, int(np.abs(other - one).max()) + 1)
        for one, other in pairwise(stroke)
    ]
    at = np.rint(np.concatenate(steps)).astype(np.int32)
    found = dict.fromkeys(ids[at[:, 1], at[:, 0]].tolist())
    return [region for region in found if region > 0]


def join(rows: Rows, ids: Ids, regions: Sequence[int]) -> Patch:
    """``regions`` become the first of them, in its colour. Raises ValueError for fewer than two."""
    keep, others = regions[0], sorted(set(regions[1:]) - {regions[0]}, reverse=True)
    if not others:
        raise ValueError("join takes two areas or more: click one, then the other")
    _refuse_locked(rows, [keep, *others])
    after = {region: dict(row) for region, row in rows.items()}
    ids, pixels = ids.copy(), []
    for other in others:
        pixels += _renamed(after, ids, other, keep)
        _add(after[keep], after.pop(other))
        last = max(after)
        if last > other:  # ids stay 1 .. R: the last takes the free number
            pixels += _renamed(after, ids, last, other)
            after[other] = after.pop(last)
            keep = other if keep == last else keep
    return difference(rows, after, pixels)


def split(rows: Rows, ids: Ids, paper: NDArray[np.bool_], stroke: Stroke) -> Patch:
    """Each area that ``stroke`` parts becomes two or more. Raises ValueError where it parts none.

    ``paper`` (H, W): True where the drawing has no ink.
    """
    after = {region: dict(row) for region, row in rows.items()}
    pixels: list[Repaint] = []
    crossed = [region for region in under(ids, stroke) if region in rows]
    for region in crossed:
        if rows[region]["locked"]:
            continue
        box = _box(rows[region])
        inside = _cut(ids, box) == region
        barrier = _barrier((ids == region) & paper, box, stroke)
        for part in _parts(inside, _cut(paper, box), barrier):
            new = max(after) + 1
            pixels.append(Repaint.of(ids, box, part, new))
            after[new] = after[region] | _measured(part, box)
            inside &= ~part
        after[region] |= _measured(inside, box)
    if not pixels:
        _refuse_locked(rows, crossed)
        raise ValueError("the stroke parts no area: draw it across one, from line to line")
    return difference(rows, after, pixels)


def _parts(
    inside: NDArray[np.bool_], paper: NDArray[np.bool_], barrier: NDArray[np.bool_]
) -> list[NDArray[np.bool_]]:
    """What ``barrier`` parts off ``inside`` (h, w), without the largest part, which stays.

    Ink parts, too: a gap is closed by a stroke between lines whose both sides are one area.
    """
    free = inside & paper
    before, pieces = components(free), components(free & ~barrier)
    n = int(pieces.max())
    home = np.zeros(n + 1, np.int64)
    home[pieces] = before
    area = np.bincount(pieces.ravel(), minlength=n + 1)
    area[0] = 0
    parted = [
        [p for p in range(1, n + 1) if home[p] == whole and area[p] >= LEAST]
        for whole in np.unique(home[1:])
    ]
    off = [p for group in parted for p in sorted(group, key=lambda p: -area[p])[1:]]
    if not off:
        return []
    large = np.where(area[pieces] >= LEAST, pieces, 0).astype(np.int32)
    nearest = np.where(inside, nearest_label(large)[0], 0)
    return [nearest == piece for piece in off]


def _barrier(free: NDArray[np.bool_], box: Box, stroke: Stroke) -> NDArray[np.bool_]:
    """(h, w) of ``box``: the pixels of ``stroke``, led on at both ends to where ``free`` ends."""
    reach = max(REACH, round(REACH_PER_SIDE * max(free.shape)))
    ends = [_led_on(free, stroke[::-1], reach), _led_on(free, stroke, reach)]
    whole = np.concatenate([ends[0][None], stroke, ends[1][None]]) - np.array(box[:2], np.int32)
    mark = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    cv2.polylines(mark, [whole.reshape(-1, 1, 2)], False, 1)
    return mark.astype(bool)


def _led_on(free: NDArray[np.bool_], stroke: Stroke, reach: int) -> Stroke:
    """The point ahead of the end of ``stroke`` where ``free`` ends; the end itself if none is."""
    end = stroke[-1]
    away = np.linalg.norm(stroke - end, axis=1)
    behind = stroke[np.flatnonzero(away >= min(reach / 2, away.max()))[-1]]
    towards = (end - behind) / max(float(np.linalg.norm(end - behind)), 1e-6)
    steps = np.rint(end + np.arange(1, reach + 1)[:, None] * towards).astype(np.int32)
    on_page = ((steps >= 0) & (steps < np.array(free.shape)[::-1])).all(1)
    steps = steps[: len(steps) if on_page.all() else int(on_page.argmin())]
    left = np.flatnonzero(~free[steps[:, 1], steps[:, 0]])
    if len(left):
        return np.asarray(steps[left[0]], np.int32)
    return end if on_page.all() or not len(steps) else np.asarray(steps[-1], np.int32)


def _renamed(rows: Rows, ids: Ids, old: int, new: int) -> list[Repaint]:
    """The pixels of ``old`` become those of ``new``, in ``ids`` too."""
    box = _box(rows[old])
    where = _cut(ids, box) == old
    if not where.any():
        return []
    pixels = Repaint.of(ids, box, where, new)
    _cut(ids, box)[where] = new
    return [pixels]


def _add(row: Row, other: Row) -> None:
    row["area"] += other["area"]
    (l0, t0, r0, b0), (l1, t1, r1, b1) = row["bbox"], other["bbox"]
    row["bbox"] = [min(l0, l1), min(t0, t1), max(r0, r1), max(b0, b1)]


def _measured(where: NDArray[np.bool_], box: Box) -> Row:
    y, x = np.flatnonzero(where.any(1)), np.flatnonzero(where.any(0))
    left, top = box[0], box[1]
    corners = [left + x[0], top + y[0], left + x[-1] + 1, top + y[-1] + 1]
    return {"area": int(where.sum()), "bbox": [int(c) for c in corners]}


def _box(row: Row) -> Box:
    left, top, right, bottom = row["bbox"]
    return left, top, right, bottom


def _cut(plane: NDArray[Kind], box: Box) -> NDArray[Kind]:
    return plane[box[1] : box[3], box[0] : box[2]]


def _refuse_locked(rows: Rows, regions: Sequence[int]) -> None:
    locked = [region for region in regions if rows[region]["locked"]]
    if locked:
        raise ValueError(f"area {locked[0]} is locked")


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
