"""Gaps of known length and place in closed line art.

A gap is cut where one stroke, and nothing else, parts two regions: then cutting it joins the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.data.procedural.strokes import THINNEST, Strokes, owners
from colorrl.regions.graph import Labels

Point = tuple[int, int]  # row, column

TRIES = 600  # places looked at before a drawing is said to hold no more gaps
APART = 8  # pixels of stroke left between two gaps of the greatest length, at least
TAPER = 4.0  # line widths over which a stroke thins towards a gap


@dataclass(frozen=True, slots=True)
class Site:
    """One place where a stroke can be cut."""

    at: Point
    half: float  # half width of the stroke there, in pixels
    regions: tuple[int, int]  # ids of the two regions that it parts


def find_sites(
    strokes: Strokes, label: Labels, n: int, longest: float, random: np.random.Generator
) -> list[Site]:
    """Up to ``n`` random places where a gap of ``longest`` px can be cut.

    ``label`` (H, W) are the true regions of the closed ``strokes``. Within a gap's reach there
    are exactly two regions, and the stroke enters and leaves once.
    """
    if n == 0:
        return []
    region_index = owners(label)
    places = np.argwhere((strokes > 0) & _is_border(region_index))
    found: list[Site] = []
    for y, x in random.permutation(places)[:TRIES]:
        if len(found) == n:
            break
        half = float(strokes[y, x])
        clear = longest + 2 * half + APART
        if all(np.hypot(y - s.at[0], x - s.at[1]) >= clear for s in found):
            site = _site(strokes, region_index, (int(y), int(x)), half, longest)
            found += [site] if site else []
    return found


def cut(strokes: Strokes, site: Site, gap: float, taper: bool) -> Strokes:
    """``strokes`` with ``gap`` px of clear paper along the stroke at ``site``.

    The ends narrow to a pixel at 45 degrees, or over TAPER line widths. The gap's middle lies
    between pixels: an even length is exact along rows and columns.
    """
    slope = 1 / (2 * TAPER) if taper else 1.0
    reach = gap / 2 + site.half / slope
    window, distance = _window(strokes.shape, site.at, reach, middle=0.5)
    after = strokes.copy()
    near = after[window]
    part = _connected(near, distance, reach)
    narrow = slope * (distance - gap / 2)
    near[part] = np.where(narrow > 0, np.clip(narrow, THINNEST, near), 0)[part]
    return after


def _is_border(region_index: Labels) -> NDArray[np.bool_]:
    """Pixels beside which another region's ground begins."""
    square, level = np.ones((3, 3), np.uint8), region_index.astype(np.float32)
    return cv2.dilate(level, square) != cv2.erode(level, square)


def _site(
    strokes: Strokes, region_index: Labels, at: Point, half: float, longest: float
) -> Site | None:
    """The site at ``at``, or None where a gap would not be one clean cut."""
    reach = longest / 2 + half + 1
    window, distance = _window(strokes.shape, at, reach + 2)
    if distance.shape != (2 * int(reach + 3) + 1,) * 2:  # too near the page's edge
        return None
    there = np.unique(region_index[window][distance <= reach])
    part = _connected(strokes[window], distance, reach + 2)
    ends, _ = cv2.connectedComponents((part & (distance > reach)).view(np.uint8), connectivity=8)
    if len(there) != 2 or ends - 1 != 2:
        return None
    return Site(at, half, (int(there[0]), int(there[1])))


def _window(
    shape: tuple[int, ...], at: Point, reach: float, middle: float = 0.0
) -> tuple[tuple[slice, slice], NDArray[np.float64]]:
    """The rectangle within ``reach`` px of ``at``, cut to the page, and distances in it.

    They are measured from ``middle`` px below and right of ``at``.
    """
    far = int(reach + 1)
    window = tuple(
        slice(max(0, c - far), min(side, c + far + 1)) for c, side in zip(at, shape, strict=True)
    )
    y, x = np.ogrid[window]
    return (window[0], window[1]), np.hypot(y - at[0] - middle, x - at[1] - middle)


def _connected(near: Strokes, distance: NDArray[np.float64], reach: float) -> NDArray[np.bool_]:
    """The strokes of a window that hang together with its centre within ``reach`` px."""
    within = ((near > 0) & (distance <= reach)).view(np.uint8)
    _, part = cv2.connectedComponents(within, connectivity=8)
    return part == part[np.unravel_index(distance.argmin(), distance.shape)]
