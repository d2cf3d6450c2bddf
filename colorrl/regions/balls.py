"""Balls that do not fit through a gap are trapped behind it, and each fills what it can reach.

Source: Zhang et al. 2009, "Vectorizing Cartoon Animations". A ball is stopped by the narrow neck
of a closed shape as well, so that a door between two pieces stays shut only where a stroke ends
beside it: drawings without loose ends come out as plain connected components.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.regions.graph import Labels, components, nearest_label
from colorrl.regions.ink import Mask
from colorrl.regions.seams import Seams, find_seams, merge_slivers, merged

Distance = NDArray[np.float32]

# a door is at most this many times as wide as the narrower room is deep (radius, in pixels)
DOOR_PER_RADIUS = 0.9
# a stroke ends beside a door if it does so within this many line widths, and two pixels more
BESIDE = 2.5


def close_by_balls(
    closed: Labels, ink: Mask, ends: NDArray[np.float32], width: float, radius: int
) -> tuple[Labels, Labels]:
    """``closed`` (H, W), components of the paper, parted where balls are trapped behind a gap.

    ``ends`` (K, 2), row and column, are those of the strokes of ``ink``, ``width`` px wide;
    ``radius`` is that of the largest ball in pixels. The second value (H, W) has the pieces
    before those too small for a region were merged.
    """
    if len(ends) == 0:
        return closed, closed
    fine = trap_balls(closed, radius)
    piece = merge_slivers(fine, closed, 2 * radius**2)
    seams = find_seams(piece, closed)
    if len(seams.pair) == 0:
        return piece, fine
    nearest = np.full(len(seams.pair), np.inf, np.float32)
    np.minimum.at(nearest, seams.stretch, _from_ends(ends, ink.shape)[tuple(seams.at.T)])
    narrow = seams.length <= DOOR_PER_RADIUS * depths(piece, ink)[seams.pair].min(axis=1)
    shut = narrow & (nearest <= BESIDE * width + 2) & ~_at_the_edge(seams, ink.shape)
    return merged(piece, seams.pair[~shut]), fine


def trap_balls(closed: Labels, radius: int) -> Labels:
    """Pieces (H, W) of the components ``closed`` that balls of radius, radius/2, .. 1 can reach."""
    piece = np.zeros_like(closed)
    rest = closed > 0
    while radius > 0:
        # the distance tells where a ball fits, at one price for all radii; erosion costs r squared
        core = components(distance_to(~rest) > radius + 0.5)
        grown, distance = nearest_label(core)
        home = np.zeros(int(core.max()) + 1, np.int32)
        home[core] = closed
        reached = rest & (distance <= radius + 0.5) & (home[grown] == closed)
        piece[reached] = grown[reached] + piece.max()
        rest &= ~reached
        radius //= 2
    corner = components(rest)
    return np.where(rest, corner + piece.max(), piece).astype(np.int32)


def depths(label: Labels, ink: Mask) -> Distance:
    """(P+1,) the largest distance to ink within each piece, in pixels."""
    depth = np.zeros(int(label.max()) + 1, np.float32)
    np.maximum.at(depth, label.ravel(), distance_to(ink).ravel())
    return depth


def distance_to(target: Mask) -> Distance:
    """(H, W) pixels to the nearest True of ``target``; the page's diagonal and more if none is."""
    if not target.any():
        return np.full(target.shape, sum(target.shape), np.float32)
    distance = cv2.distanceTransform((~target).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return distance.astype(np.float32, copy=False)


def _at_the_edge(seams: Seams, shape: tuple[int, ...]) -> Mask:
    """(S,) seams that run to the page's edge: it is no line, a ball would pass outside."""
    edge = ((seams.at == 0) | (seams.at >= np.array(shape) - 2)).any(axis=1)
    return np.bincount(seams.stretch, weights=edge, minlength=len(seams.pair)) > 0


def _from_ends(ends: NDArray[np.float32], shape: tuple[int, ...]) -> Distance:
    """(H, W) pixels to the nearest of ``ends`` (K, 2)."""
    there = np.zeros(shape, bool)
    there[tuple(np.rint(ends).astype(int).T)] = True
    return distance_to(there)
