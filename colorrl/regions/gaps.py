"""Closing the gaps of a drawing: along its strokes first, then by trapped balls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorrl.regions.balls import close_by_balls, depths
from colorrl.regions.closing import Closures, both, reach_ahead
from colorrl.regions.ends import Ends, stroke_ends
from colorrl.regions.facing import join_facing
from colorrl.regions.graph import Labels, components, nearest_label
from colorrl.regions.ink import Mask
from colorrl.regions.seams import find_seams, merge_slivers, merged

# longest closures, in radii of the largest ball
FACING_PER_BALL = 3.4
AHEAD_PER_BALL = 3.0
# an end leaves a line open by its pen's width, not by the page's size: widths, and pixels more
AHEAD_PER_WIDTH, AHEAD_MORE = 2.0, 2.0
# a closure is at most this many times as long as the narrower room is deep (radius, in pixels):
# two ends that face each other are a surer sign of a gap than one end near some line
FACING_PER_RADIUS = 9.0
AHEAD_PER_RADIUS = 1.5


@dataclass(frozen=True, slots=True)
class Parting:
    """The paper of a drawing, parted into regions."""

    closed: Labels  # (H, W) connected components of the paper, before gaps were closed
    label: Labels  # (H, W) after that
    fine: tuple[Labels, ...]  # (H, W) the pieces before slivers were merged, twice
    mark: Labels  # (H, W) closures along the strokes, from 1; 0 = none
    n_facing: int  # closures up to here join two ends, those from here on an end and a line


def close_gaps(ink: Mask, width: float, radius: int, smallest: int) -> Parting:
    """The paper around ``ink`` (H, W) as regions, the gaps in its lines closed.

    ``width`` is that of the lines and ``radius`` that of the largest ball, in pixels: no gap is
    closed that is over 3.4 times as long, and 0 leaves every gap open. No region is smaller than
    ``smallest`` pixels unless ink encloses it.
    """
    closed = components(~ink)
    none = np.zeros_like(closed)
    if radius == 0 or not ink.any():
        return Parting(closed, closed, (), none, 0)
    ends = stroke_ends(ink, width)
    if len(ends) == 0:
        return Parting(closed, closed, (), none, 0)
    closures, n_facing = _closures(ends, ink, width, radius)
    mark = np.where(closed > 0, closures.drawn(ink.shape), 0).astype(np.int32)
    allowed = np.full(len(closures), AHEAD_PER_RADIUS)
    allowed[:n_facing] = FACING_PER_RADIUS
    drawn = _part(closed, mark)
    piece = _open_long(drawn, closed, mark, closures.length / allowed, ink, smallest)
    label, fine = close_by_balls(piece, ink, ends.at, width, radius)
    return Parting(closed, label, (drawn, fine), mark, n_facing)


def _closures(ends: Ends, ink: Mask, width: float, radius: int) -> tuple[Closures, int]:
    facing, used = join_facing(ends, ink, FACING_PER_BALL * radius)
    drawn = ink | (facing.drawn(ink.shape) > 0)
    reach = min(AHEAD_PER_WIDTH * width + AHEAD_MORE, AHEAD_PER_BALL * radius)
    ahead = reach_ahead(ends.select(~used), drawn, reach)
    return both(facing, ahead), len(facing)


def _part(closed: Labels, mark: Labels) -> Labels:
    """``closed`` cut along ``mark``; its pixels go to the nearest piece of their component."""
    piece = components((closed > 0) & (mark == 0))
    home = np.zeros(int(piece.max()) + 1, np.int32)
    home[piece] = closed
    grown, _ = nearest_label(piece)
    own = (closed > 0) & (home[grown] == closed)
    lost = components((closed > 0) & ~own)
    return np.where(own, grown, np.where(lost > 0, lost + piece.max(), 0)).astype(np.int32)


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
    which, _ = nearest_label(mark)
    needed = np.full(len(seams.pair), np.inf)
    np.minimum.at(needed, seams.stretch, depth_needed[which[tuple(seams.at.T)] - 1])
    shallow = depths(piece, ink)[seams.pair].min(axis=1)
    return merged(piece, seams.pair[needed > shallow])
