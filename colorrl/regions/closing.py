"""Closing gaps along the strokes: from an end to the end it faces, or on to the line ahead of it.

Sources: Fourey, Tschumperle and Revoy 2018, "A Fast and Efficient Semi-guided Algorithm for Flat
Coloring Line-arts", and GIMP's line-art bucket fill, which join ends by splines and segments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from colorrl.regions.ends import Ends, Points
from colorrl.regions.graph import Labels
from colorrl.regions.ink import Mask

# two ends face each other if neither turns farther to see the other, nor both together (degrees)
TURN, TURNS = 105.0, 145.0
# an end sees a line ahead this far to either side, in degrees
FAN = (0.0, 10.0, -10.0, 20.0, -20.0, 30.0, -30.0, 45.0, -45.0, 60.0, -60.0)
# a gap seems longer by this share for every right angle that it turns
DETOUR = 1.0
STEP = 0.5  # pixels between the points of a closure: no 4-connected path slips between them


@dataclass(frozen=True, slots=True)
class Closures:
    """Strokes that were added to a drawing."""

    way: Points  # (C, M, 2) rows and columns from one end of the gap to the other
    length: NDArray[np.float32]  # (C,) pixels from end to end

    def __len__(self) -> int:
        return len(self.way)

    def drawn(self, shape: tuple[int, ...]) -> Labels:
        """(H, W) the closure on each pixel, from 1, 0 = none."""
        mark = np.zeros(shape, np.int32)
        mark[_pixels(self.way, shape)] = np.arange(1, len(self) + 1)[:, None]
        return mark


def join_facing(ends: Ends, ink: Mask, longest: float) -> tuple[Closures, Mask]:
    """Splines between ends of ``ink`` (H, W) that face each other, at most ``longest`` px long.

    An end takes the partner that costs least, length and turns counted. Second value (K,): the
    ends that found one.
    """
    pair = cKDTree(ends.at).query_pairs(longest, output_type="ndarray")
    gap = ends.at[pair[:, 1]] - ends.at[pair[:, 0]]
    length = np.maximum(np.linalg.norm(gap, axis=1), 1e-3)
    turn = np.stack(
        [
            _degrees(side * (ends.towards[pair[:, k]] * gap).sum(axis=1) / length)
            for k, side in ((0, 1), (1, -1))
        ]
    )
    good = np.flatnonzero((turn.max(axis=0) <= TURN) & (turn.sum(axis=0) <= TURNS))
    way = _splines(ends, pair[good], length[good], longest)
    clear = ~_crosses(way, ink)
    good, way = good[clear], way[clear]
    cost = length[good] * (1 + DETOUR * turn.sum(axis=0)[good] / 90)
    chosen = _mutually_cheapest(pair[good], cost, len(ends))
    used = np.zeros(len(ends), bool)
    used[pair[good[chosen]]] = True
    return Closures(way[chosen], length[good[chosen]].astype(np.float32)), used


def reach_ahead(ends: Ends, ink: Mask, longest: float) -> Closures:
    """Segments from each end of ``ink`` (H, W) to the line ahead, at most ``longest`` px long."""
    step = np.arange(0, longest + STEP, STEP, dtype=np.float32)
    hit = np.stack([_steps_to_ink(ends, angle, step, ink) for angle in FAN])  # (F, K)
    cost = hit * (1 + DETOUR * np.abs(FAN)[:, None] / 90)
    best = cost.argmin(axis=0)
    steps = np.take_along_axis(hit, best[None], axis=0)[0]
    seen = np.flatnonzero(np.isfinite(steps))
    beam = _turned(ends.towards[seen], np.asarray(FAN)[best[seen]])
    run = np.minimum(step, steps[seen, None] * STEP)
    way = ends.at[seen, None] + run[..., None] * beam[:, None]
    return Closures(way.astype(np.float32), (steps[seen] * STEP).astype(np.float32))


def both(one: Closures, other: Closures) -> Closures:
    """The closures of ``one``, then those of ``other``; the last point fills up the shorter."""
    m = max(one.way.shape[1], other.way.shape[1])
    way = [np.pad(c.way, ((0, 0), (0, m - c.way.shape[1]), (0, 0)), "edge") for c in (one, other)]
    return Closures(np.concatenate(way), np.concatenate([one.length, other.length]))


def _steps_to_ink(
    ends: Ends, angle: float, step: NDArray[np.float32], ink: Mask
) -> NDArray[np.float64]:
    """(K,) index of the first ``step`` in ink beyond an end's own, inf if there is none."""
    way = ends.at[:, None] + step[:, None] * _turned(ends.towards, angle)[:, None]
    inked = ink[_pixels(way, ink.shape)]
    met = inked & ~np.logical_and.accumulate(inked, axis=1)
    on_page = ((way >= 0) & (way <= np.array(ink.shape) - 1)).all(axis=2)
    met &= np.logical_and.accumulate(on_page, axis=1)
    return np.where(met.any(axis=1), met.argmax(axis=1), np.inf)


def _turned(towards: Points, degrees: float | NDArray[np.float64]) -> Points:
    """Unit vectors (K, 2) turned."""
    angle = np.radians(degrees)
    y, x = towards.T
    turned = [np.cos(angle) * y + np.sin(angle) * x, np.cos(angle) * x - np.sin(angle) * y]
    return np.stack(turned, axis=1).astype(np.float32)


def _degrees(cosine: Points) -> Points:
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def _mutually_cheapest(pair: NDArray[np.intp], cost: Points, n_ends: int) -> Mask:
    """(P,) the pairs that are each other's cheapest, again and again among the ends left."""
    chosen = np.zeros(len(pair), bool)
    left = np.argsort(cost, kind="stable")
    while len(left):
        rank = np.arange(len(left))
        first = np.full(n_ends, len(left))
        np.minimum.at(first, pair[left], rank[:, None])
        best = left[(first[pair[left]] == rank[:, None]).all(axis=1)]
        chosen[best] = True
        taken = np.zeros(n_ends, bool)
        taken[pair[best]] = True
        left = left[~taken[pair[left]].any(axis=1)]
    return chosen


def _splines(ends: Ends, pair: NDArray[np.intp], length: Points, longest: float) -> Points:
    """(P, M, 2) cubic Hermite curves that leave both ends along their strokes."""
    # a curve is longer than its chord: half as long again at the sharpest turns
    s = np.linspace(0, 1, int(1.5 * longest / STEP) + 2, dtype=np.float32)[None, :, None]
    one, other = pair.T
    pull = length[:, None, None].astype(np.float32)
    return (
        (2 * s**3 - 3 * s**2 + 1) * ends.at[one, None]
        + (s**3 - 2 * s**2 + s) * pull * ends.towards[one, None]
        + (3 * s**2 - 2 * s**3) * ends.at[other, None]
        - (s**3 - s**2) * pull * ends.towards[other, None]
    )


def _crosses(way: Points, ink: Mask) -> Mask:
    """(P,) whether a curve meets other ink than that it starts and ends in."""
    inked = ink[_pixels(way, ink.shape)]
    start = np.logical_and.accumulate(inked, axis=1)
    end = np.logical_and.accumulate(inked[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((inked & ~start & ~end).any(axis=1))


def _pixels(way: Points, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns (P, M) of the pixels under points (P, M, 2), the page's own if outside."""
    at = np.rint(way).astype(np.intp)
    return at[..., 0].clip(0, shape[0] - 1), at[..., 1].clip(0, shape[1] - 1)
