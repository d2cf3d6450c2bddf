"""Line art to regions: connected components of the paper, with gaps in the line closed.

A ball that does not fit through a gap is trapped behind it (Zhang et al. 2009, "Vectorizing
Cartoon Animations"). A ball is stopped by the narrow neck of a closed shape as well, so that a
door between two pieces stays shut only where a stroke ends beside it: drawings without loose
ends come out as plain connected components.
"""

from __future__ import annotations

import hashlib

import cc3d
import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from colorrl.regions.graph import Labels, build, contacts, nearest_label
from colorrl.regions.ink import Mask, ink_mask, line_ends, line_width
from colorrl.types import RegionMap

# largest ball: in widths of the line, and as a share of the page's longer side
BALL_PER_WIDTH = 3.0
BALL_PER_SIDE = 0.02
# a door is at most this many times as wide as the narrower room is deep (radius, in pixels)
DOOR_PER_RADIUS = 1.2
# pixel edges of a digital contact per pixel of its length, averaged over directions
EDGES_PER_LENGTH = 4 / np.pi


def line_sha(line: NDArray[np.float32]) -> str:
    """sha256 of a line art (H, W), shape included."""
    return hashlib.sha256(repr(line.shape).encode() + line.tobytes()).hexdigest()


def segment(
    line: NDArray[np.float32],
    *,
    ink_threshold: float | None = None,
    ball: int | None = None,
    min_area: int | None = None,
) -> RegionMap:
    """The regions of ``line`` (H, W) float32 in [0, 1], 1 = paper.

    ``ink_threshold`` None: Otsu. ``ball``, the largest ball's radius in pixels, closes gaps up to
    about twice as long; None: from the line width and the resolution, 0: plain connected
    components. Smaller pieces of paper than ``min_area`` pixels (None: half the line width
    squared, at least 4) count as ink. Raises ValueError unless ``line`` is a 2-D float image.
    """
    line = _checked(line)
    ink = ink_mask(line, ink_threshold)
    width = line_width(ink)
    closed = _components(~ink)
    radius = default_ball(width, max(line.shape)) if ball is None else ball
    label = closed if radius == 0 else _close_gaps(closed, ink, width, radius)
    smallest = max(4, round(width**2 / 2)) if min_area is None else min_area
    return build(_without_specks(label, smallest), line_sha(line))


def default_ball(width: float, side: int) -> int:
    """Radius in pixels of the largest ball for lines of ``width`` px on a page of ``side`` px."""
    return max(1, round(min(BALL_PER_WIDTH * width, BALL_PER_SIDE * side)))


def _checked(line: NDArray[np.float32]) -> NDArray[np.float32]:
    if line.ndim != 2 or line.size == 0 or not np.issubdtype(line.dtype, np.floating):
        raise ValueError(f"line must be (H, W) float in [0, 1], got {line.dtype} {line.shape}")
    return np.ascontiguousarray(line, np.float32)


def _components(mask: Mask) -> Labels:
    return cc3d.connected_components(mask.view(np.uint8), connectivity=4).astype(np.int32)


def _without_specks(label: Labels, smallest: int) -> Labels:
    """``label`` with pieces under ``smallest`` pixels set to 0, the others 1..R."""
    keep = np.bincount(label.ravel()) >= smallest
    keep[0] = False
    return np.where(keep, np.cumsum(keep), 0).astype(np.int32)[label]


def _close_gaps(closed: Labels, ink: Mask, width: float, radius: int) -> Labels:
    piece = trap_balls(closed, radius)
    if piece.max() == closed.max():
        return closed
    piece = _merge_slivers(piece, 2 * radius**2)
    return _open_doors(piece, ink, width)


def _ball(radius: int) -> NDArray[np.uint8]:
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return (x * x + y * y <= (radius + 0.5) ** 2).astype(np.uint8)


def trap_balls(closed: Labels, radius: int) -> Labels:
    """Pieces (H, W) of the components ``closed`` that balls of radius, radius/2, .. 1 can reach."""
    piece = np.zeros_like(closed)
    rest = closed > 0
    while radius > 0:
        core = _components(cv2.erode(rest.view(np.uint8), _ball(radius)) > 0)
        grown, distance = nearest_label(core)
        home = np.zeros(int(core.max()) + 1, np.int32)
        home[core] = closed
        reached = rest & (distance <= radius + 0.5) & (home[grown] == closed)
        piece[reached] = grown[reached] + piece.max()
        rest &= ~reached
        radius //= 2
    corner = _components(rest)
    return np.where(rest, corner + piece.max(), piece).astype(np.int32)


def _merged(label: Labels, pairs: NDArray[np.int64]) -> Labels:
    """``label`` with the labels of each pair (P, 2) made one, renumbered from 1."""
    n = int(label.max()) + 1
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, group = connected_components(links, directed=False)
    # nothing is linked to ink, so that group 0 is ink alone
    return group.astype(np.int32)[label]


def _merge_slivers(label: Labels, smallest: int) -> Labels:
    """Pieces under ``smallest`` pixels join the neighbour with the longest contact."""
    pairs, length = contacts(label)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    order = np.lexsort((both[:, 1], -np.tile(length, 2), both[:, 0]))
    _, first = np.unique(both[order, 0], return_index=True)
    best = both[order][first]
    area = np.bincount(label.ravel())
    return _merged(label, best[area[best[:, 0]] < smallest])


def _open_doors(label: Labels, ink: Mask, width: float) -> Labels:
    """Merges pieces that meet in a door which is too wide for a gap or has no line end beside it."""
    pairs, _ = contacts(label)
    if len(pairs) == 0:
        return label
    ends, cut = line_ends(ink, width)
    if not ends.any():
        return _merged(label, pairs)
    to_end = cv2.distanceTransform((~ends).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    pair, edges, nearest = _doors(label, to_end)
    depth = _depths(label, ink)
    narrow = edges / EDGES_PER_LENGTH <= DOOR_PER_RADIUS * depth[pair].min(axis=1)
    shut = narrow & (nearest <= cut + 1.5 * width + 2)
    return _merged(label, pair[~shut])


def _depths(label: Labels, ink: Mask) -> NDArray[np.float32]:
    """(P+1,) the largest distance to ink within each piece, in pixels."""
    to_ink = cv2.distanceTransform((~ink).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    depth = np.zeros(int(label.max()) + 1, np.float32)
    np.maximum.at(depth, label.ravel(), to_ink.ravel())
    return depth


def _doors(
    label: Labels, to_end: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Each connected stretch of contact: the two pieces (D, 2), pixel edges (D,), nearest end (D,)."""
    n = int(label.max()) + 1
    rows, columns, low, high = [], [], [], []
    for dy, dx in ((0, 1), (1, 0)):
        a, b = label[: label.shape[0] - dy, : label.shape[1] - dx], label[dy:, dx:]
        y, x = np.nonzero((a != b) & (a > 0) & (b > 0))
        rows.append(y), columns.append(x)
        low.append(np.minimum(a[y, x], b[y, x])), high.append(np.maximum(a[y, x], b[y, x]))
    y, x = np.concatenate(rows), np.concatenate(columns)
    mask = np.zeros(label.shape, np.uint8)
    mask[y, x] = 1
    stretch = cc3d.connected_components(mask, connectivity=8)[y, x].astype(np.int64)
    key = (stretch * n + np.concatenate(low)) * n + np.concatenate(high)
    door, member, edges = np.unique(key, return_inverse=True, return_counts=True)
    nearest = np.full(len(door), np.inf, np.float32)
    np.minimum.at(nearest, member, to_end[y, x])
    return np.stack([door // n % n, door % n], axis=1), edges, nearest
