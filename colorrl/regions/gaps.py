"""Closing gaps in lines: balls that do not fit through a gap are trapped behind it.

Source: Zhang et al. 2009, "Vectorizing Cartoon Animations". A ball is stopped by the narrow neck
of a closed shape as well, so that a door between two pieces stays shut only where a stroke ends
beside it: drawings without loose ends come out as plain connected components.
"""

from __future__ import annotations

import cc3d
import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from colorrl.regions.graph import Labels, contacts, nearest_label
from colorrl.regions.ink import Mask, line_ends

Distance = NDArray[np.float32]

# a door is at most this many times as wide as the narrower room is deep (radius, in pixels)
DOOR_PER_RADIUS = 1.2
# pixel edges of a digital contact per pixel of its length, averaged over directions
EDGES_PER_LENGTH = 4 / np.pi


def components(mask: Mask) -> Labels:
    """4-connected components of ``mask`` (H, W), 1..C, 0 outside."""
    return cc3d.connected_components(mask.view(np.uint8), connectivity=4).astype(np.int32)


def close_gaps(closed: Labels, ink: Mask, width: float, radius: int) -> Labels:
    """``closed`` (H, W), the components of the paper, parted where balls are trapped behind a gap.

    ``width`` is that of the lines of ``ink`` and ``radius`` that of the largest ball, in pixels.
    """
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
        core = components(cv2.erode(rest.view(np.uint8), _ball(radius)) > 0)
        grown, distance = nearest_label(core)
        home = np.zeros(int(core.max()) + 1, np.int32)
        home[core] = closed
        reached = rest & (distance <= radius + 0.5) & (home[grown] == closed)
        piece[reached] = grown[reached] + piece.max()
        rest &= ~reached
        radius //= 2
    corner = components(rest)
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
    """Merges pieces that meet in a door too wide for a gap or without a line end beside it."""
    pairs, _ = contacts(label)
    if len(pairs) == 0:
        return label
    ends, cut = line_ends(ink, width)
    if not ends.any():
        return _merged(label, pairs)
    pair, edges, nearest = _doors(label, _distance(ends))
    depth = _depths(label, ink)
    narrow = edges / EDGES_PER_LENGTH <= DOOR_PER_RADIUS * depth[pair].min(axis=1)
    shut = narrow & (nearest <= cut + 1.5 * width + 2)
    return _merged(label, pair[~shut])


def _distance(target: Mask) -> Distance:
    """(H, W) pixels to the nearest True of ``target``."""
    distance = cv2.distanceTransform((~target).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return distance.astype(np.float32, copy=False)


def _depths(label: Labels, ink: Mask) -> Distance:
    """(P+1,) the largest distance to ink within each piece, in pixels."""
    depth = np.zeros(int(label.max()) + 1, np.float32)
    np.maximum.at(depth, label.ravel(), _distance(ink).ravel())
    return depth


def _doors(
    label: Labels, to_end: Distance
) -> tuple[NDArray[np.int64], NDArray[np.int64], Distance]:
    """Stretches of contact: the pieces (D, 2), pixel edges (D,), distance to a line end (D,)."""
    n = int(label.max()) + 1
    beside, below = _touches(label[:, :-1], label[:, 1:]), _touches(label[:-1], label[1:])
    y, x, low, high = np.concatenate([beside, below], axis=1)
    mask = np.zeros(label.shape, np.uint8)
    mask[y, x] = 1
    stretch = cc3d.connected_components(mask, connectivity=8)[y, x].astype(np.int64)
    key = (stretch * n + low) * n + high
    door, member, edges = np.unique(key, return_inverse=True, return_counts=True)
    nearest = np.full(len(door), np.inf, np.float32)
    np.minimum.at(nearest, member, to_end[y, x])
    return np.stack([door // n % n, door % n], axis=1), edges, nearest


def _touches(a: Labels, b: Labels) -> NDArray[np.int64]:
    """(4, E): row, column, lower and higher label where ``a`` and ``b`` differ, neither 0."""
    y, x = np.nonzero((a != b) & (a > 0) & (b > 0))
    pair = np.stack([a[y, x], b[y, x]])
    return np.stack([y, x, pair.min(axis=0), pair.max(axis=0)])
