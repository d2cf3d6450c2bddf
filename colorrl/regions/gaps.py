"""Closing the gaps of a drawing: along its strokes first, then by trapped balls."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from colorrl.regions.balls import close_by_balls, depths
from colorrl.regions.closing import Closures, both, cost_ahead, own_strokes, reach_ahead
from colorrl.regions.ends import Ends, hatching, stroke_ends
from colorrl.regions.facing import join_facing
from colorrl.regions.graph import Labels, components
from colorrl.regions.ink import Mask
from colorrl.regions.nearest import Distance, nearest, nearest_at
from colorrl.regions.seams import Index, find_seams, merge_slivers, merged

# longest closures, in radii of the largest ball
FACING_PER_BALL = 3.4
AHEAD_PER_BALL = 3.0
# an end leaves a line open by its pen's width, not by the page's size: widths, and pixels more
AHEAD_PER_WIDTH, AHEAD_MORE = 2.0, 2.0
# a closure is at most this many times as long as the narrower room is deep (radius, in pixels):
# two ends that face each other are a surer sign of a gap than one end near some line
FACING_PER_RADIUS = 9.0
AHEAD_PER_RADIUS = 1.5


@dataclass(slots=True)
class Trace:
    """How the paper of a drawing came to be parted into regions: for the log of repairs."""

    # (H, W) connected components of the paper, before gaps were closed
    closed: Labels = field(default_factory=lambda: np.zeros((0, 0), np.int32))
    # (H, W) the pieces before slivers were merged, twice
    pieces: list[Labels] = field(default_factory=list)
    # (H, W) closures along the strokes, from 1; 0 = none
    mark: Labels = field(default_factory=lambda: np.zeros((0, 0), np.int32))
    n_facing: int = 0  # closures up to here join two ends, those from here on an end and a line


def close_gaps(
    ink: Mask,
    width: float,
    radius: int,
    smallest: int,
    trace: Trace | None = None,
    strand: float = math.inf,
) -> Labels:
    """The paper around ``ink`` (H, W) as regions, the gaps in its lines closed.

    ``width`` is that of the lines and ``radius`` that of the largest ball, in pixels: no gap is
    closed that is over 3.4 times as long, and 0 leaves every gap open. No region is smaller than
    ``smallest`` pixels unless ink encloses it. ``strand``: see `close_by_balls`; below infinity
    hatching, too, parts nothing. ``trace`` takes in how it was done, at 16 bytes a pixel.
    """
    closed = components(~ink)
    if trace is not None:
        trace.closed = closed
    if radius == 0 or not ink.any():
        return closed
    ends = stroke_ends(ink, width)
    if strand < math.inf:
        ends = ends.select(~hatching(ends, width))
    if len(ends) == 0:
        return closed
    # handed over at once: no image is kept longer than it is needed
    return close_by_balls(
        _along_strokes(closed, ink, ends, width, radius, smallest, trace),
        ink,
        ends.at,
        width,
        radius,
        None if trace is None else trace.pieces,
        strand,
    )


def _along_strokes(
    closed: Labels,
    ink: Mask,
    ends: Ends,
    width: float,
    radius: int,
    smallest: int,
    trace: Trace | None,
) -> Labels:
    """``closed`` cut along the closures of ``ends``, but for those too long for their rooms."""
    closures, n_facing = _closures(ends, ink, width, radius)
    mark = closures.drawn(ink.shape)
    mark[ink] = 0
    allowed = np.full(len(closures), AHEAD_PER_RADIUS)
    allowed[:n_facing] = FACING_PER_RADIUS
    drawn = _part(closed, mark)
    if trace is not None:
        trace.mark, trace.n_facing = mark, n_facing
        trace.pieces.append(drawn)
    return _open_long(drawn, closed, mark, closures.length / allowed, ink, smallest)


def _closures(ends: Ends, ink: Mask, width: float, radius: int) -> tuple[Closures, int]:
    reach = min(AHEAD_PER_WIDTH * width + AHEAD_MORE, AHEAD_PER_BALL * radius)
    own = own_strokes(ends, ink, width)
    otherwise = cost_ahead(ends, ink, own, reach)
    facing, used = join_facing(ends, ink, FACING_PER_BALL * radius, otherwise)
    drawn = ink | (facing.drawn(ink.shape) > 0)
    ahead = reach_ahead(ends.select(~used), drawn, own, reach)
    return both(facing, ahead), len(facing)


def _part(closed: Labels, mark: Labels) -> Labels:
    """``closed`` cut along ``mark``; its pixels go to the nearest piece of their component."""
    cut = mark > 0
    piece = components((closed > 0) & ~cut)
    n = int(piece.max())
    home = np.zeros(n + 1, np.int32)
    home[piece] = closed
    home[0] = 0
    # a list: only then may the pieces change
    for found in list(nearest(piece, cut)):
        own = home[found.label] == closed[found.at]
        piece[found.at[0][own], found.at[1][own]] = found.label[own]
    lost = components((closed > 0) & (piece == 0))
    return np.add(piece, lost + n, out=piece, where=lost > 0)


def _open_long(
    drawn: Labels,
    closed: Labels,
    mark: Labels,
    depth_needed: NDArray[np.float64],
    ink: Mask,
    smallest: int,
) -> Labels:
    """``drawn`` without the closures (C,) that part rooms less deep than ``depth_needed`` px."""
    piece = merge_slivers(drawn, closed, smallest)
    seams = find_seams(piece, closed)
    if len(seams.pair) == 0:
        return piece
    which, _ = nearest_at(mark, seams.at)
    needed = np.full(len(seams.pair), np.inf)
    np.minimum.at(needed, seams.stretch, depth_needed[which - 1])
    return merged(piece, seams.pair[seams_that_fall(seams.pair, needed, depths(piece, ink))])


def seams_that_fall(pair: Index, needed: NDArray[np.float64], depth: Distance) -> list[int]:
    """Which seams of ``pair`` (S, 2) ask for deeper rooms than they part.

    ``needed`` (S,) and ``depth`` (P+1,) of each piece are in pixels. The seam that asks for most
    falls first, and what it parted is one room: a mark in a room must not open the room.
    """
    room, depth = list(range(len(depth))), depth.copy()
    fallen: list[int] = []
    asks = needed / np.maximum(depth[pair].min(axis=1), 1e-6)
    queue = [(-ask, seam) for seam, ask in enumerate(asks.tolist()) if ask > 1]
    heapq.heapify(queue)
    while queue:
        ask, seam = heapq.heappop(queue)
        one, other = (_root(room, piece) for piece in pair[seam].tolist())
        now = -needed[seam] / max(min(depth[one], depth[other]), 1e-6)
        if one == other:
            fallen.append(seam)
        elif now > ask:  # a room beside it has grown since
            if now < -1:
                heapq.heappush(queue, (now, seam))
        else:
            fallen.append(seam)
            room[other] = one
            depth[one] = max(depth[one], depth[other])
    return fallen


def _root(room: list[int], piece: int) -> int:
    """The piece that stands for the room of ``piece``; ways to it are halved on the way."""
    while room[piece] != piece:
        room[piece] = piece = room[room[piece]]
    return piece
