"""Balls that do not fit through a gap are trapped behind it, and each fills what it can reach.

Source: Zhang et al. 2009, "Vectorizing Cartoon Animations". A ball is stopped by the narrow neck
of a closed shape as well, so that a door between two pieces stays shut only where a stroke ends
beside it: drawings without loose ends come out as plain connected components.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from colorrl.regions.graph import Labels, components
from colorrl.regions.ink import Mask
from colorrl.regions.nearest import Distance, bands, beyond, distance_to, nearest
from colorrl.regions.seams import Seams, find_seams, merge_slivers, merged

# a door is at most this many times as wide as the narrower room is deep (radius, in pixels)
DOOR_PER_RADIUS = 0.9
# a stroke ends beside a door if it does so within this many line widths, and two pixels more
BESIDE = 2.5


def close_by_balls(
    closed: Labels,
    ink: Mask,
    ends: NDArray[np.float32],
    width: float,
    radius: int,
    pieces: list[Labels] | None = None,
    strand: float = math.inf,
) -> Labels:
    """``closed`` (H, W), components of the paper, parted where balls are trapped behind a gap.

    ``ends`` (K, 2), row and column, are those of the strokes of ``ink``, ``width`` px wide;
    ``radius`` is that of the largest ball in pixels. ``pieces`` takes in the pieces (H, W) before
    those too small for a region were merged. A door beside the end of one stroke alone stays shut
    if it is at most ``strand`` px wide: a strand of hair that ends in an area does not part it.
    """
    piece = trap_balls(closed, radius)
    if pieces is not None:
        pieces.append(piece)
    piece = merge_slivers(piece, closed, 2 * radius**2)
    seams = find_seams(piece, closed)
    if len(seams.pair) == 0:
        return piece
    narrow = seams.length <= DOOR_PER_RADIUS * depths(piece, ink)[seams.pair].min(axis=1)
    beside = seams.any(~beyond(_drawn(ends, ink.shape), BESIDE * width + 2)[tuple(seams.at.T)])
    shut = narrow & beside & ~seams.any(_at_the_edge(seams, ink.shape))
    if strand < math.inf:
        shut &= (seams.length <= strand) | (_ends_beside(seams, ends, BESIDE * width + 2) > 1)
    return merged(piece, seams.pair[~shut])


def trap_balls(closed: Labels, radius: int) -> Labels:
    """Pieces (H, W) of the components ``closed`` that balls of radius, radius/2, .. 1 can reach."""
    piece = np.zeros_like(closed)
    rest = closed > 0
    n = 0
    while radius > 0:
        # the distance gives where a ball fits, at one price for all radii; erosion costs r squared
        core = components(beyond(~rest, radius + 0.5))
        home = _homes(core, closed)
        near = rest & (core == 0)
        for rows in bands(core):
            own = (core[rows] > 0) & (home[core[rows]] == closed[rows])
            np.add(core[rows], n, out=piece[rows], where=own)
            rest[rows] &= ~own
        for found in nearest(core, near, radius + 0.5):
            there = home[found.label] == closed[found.at]
            at = found.at[0][there], found.at[1][there]
            piece[at] = found.label[there] + n
            rest[at] = False
        n += len(home) - 1
        radius //= 2
    corner = components(rest)
    return np.add(corner, n, out=piece, where=rest)


def _homes(core: Labels, closed: Labels) -> Labels:
    """(C+1,) the component of each piece of ``core``; of several, that of its last pixel."""
    home = np.zeros(int(core.max()) + 1, np.int32)
    for rows in bands(core):
        home[core[rows]] = closed[rows]
    return home


def depths(label: Labels, ink: Mask) -> Distance:
    """(P+1,) the largest distance to ink within each piece, in pixels."""
    depth = np.zeros(int(label.max()) + 1, np.float32)
    np.maximum.at(depth, label.ravel(), distance_to(ink).ravel())
    return depth


def _ends_beside(seams: Seams, ends: NDArray[np.float32], reach: float) -> NDArray[np.int64]:
    """(S,) how many of ``ends`` (K, 2) lie within ``reach`` px of each seam."""
    found = cKDTree(ends).query_ball_point(seams.at, reach)
    n = np.array([len(some) for some in found])
    stretch, end = np.repeat(seams.stretch, n), np.array([e for some in found for e in some], int)
    once = np.unique(stretch * len(ends) + end) // len(ends)
    return np.bincount(once, minlength=len(seams.pair))


def _at_the_edge(seams: Seams, shape: tuple[int, ...]) -> Mask:
    """(E,) edges of seams at the page's edge: it is no line, a ball would pass outside."""
    return ((seams.at == 0) | (seams.at >= np.array(shape) - 2)).any(axis=1)


def _drawn(ends: NDArray[np.float32], shape: tuple[int, ...]) -> Mask:
    """(H, W) True at the pixels of ``ends`` (K, 2)."""
    there = np.zeros(shape, bool)
    there[tuple(np.rint(ends).astype(int).T)] = True
    return there
