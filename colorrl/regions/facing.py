"""Closing gaps along the strokes: from an end to the end that it faces.

Sources: Fourey, Tschumperle and Revoy 2018, "A Fast and Efficient Semi-guided Algorithm for Flat
Coloring Line-arts", and GIMP's line-art bucket fill, which join ends by splines and segments.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from colorrl.regions.closing import DETOUR, STEP, Closures, pixels
from colorrl.regions.ends import Ends, Points
from colorrl.regions.ink import Mask

# two ends face each other if neither turns farther to see the other, nor both together (degrees)
TURN, TURNS = 105.0, 145.0
CHOICES = 6  # partners that an end may choose among
BLOCK = 4096  # curves looked at together: memory


def join_facing(ends: Ends, ink: Mask, longest: float, otherwise: Points) -> tuple[Closures, Mask]:
    """Splines between ends of ``ink`` (H, W) that face each other, at most ``longest`` px long.

    An end takes the partner that costs least, length and turns counted; two for which ``otherwise``
    (K,), what the line ahead costs, is less are no partners. Second value (K,): the ends that found
    one.
    """
    pair, length, cost = _facing_pairs(ends, longest)
    surer = cost <= otherwise[pair].max(axis=1)
    pair, length, cost = pair[surer], length[surer], cost[surer]
    few = np.flatnonzero(_among_cheapest(pair, cost))
    few = few[_is_clear(ends, pair[few], length[few], ink)]
    chosen = few[_mutually_cheapest(pair[few], cost[few], len(ends))]
    used = np.zeros(len(ends), bool)
    used[pair[chosen]] = True
    way = _splines(ends, pair[chosen], length[chosen])
    return Closures(way, length[chosen].astype(np.float32)), used


def _facing_pairs(ends: Ends, longest: float) -> tuple[NDArray[np.intp], Points, Points]:
    """Pairs of ends (P, 2) that may face each other, their distance (P,) and cost (P,)."""
    pair = cKDTree(ends.at).query_pairs(longest, output_type="ndarray")
    one, other = pair.T
    gap = ends.at[other] - ends.at[one]
    length = np.maximum(np.linalg.norm(gap, axis=1), 1e-3)
    turn = np.stack(
        [
            _degrees((ends.towards[one] * gap).sum(axis=1) / length),
            _degrees(-(ends.towards[other] * gap).sum(axis=1) / length),
        ]
    )
    turns = turn.sum(axis=0)
    good = (turn.max(axis=0) <= TURN) & (turns <= TURNS)
    cost = length * (1 + DETOUR * turns / 90)
    return pair[good], length[good], cost[good]


def _among_cheapest(pair: NDArray[np.intp], cost: Points) -> Mask:
    """(P,) the pairs that are one of the ``CHOICES`` cheapest of an end: hatching has too many."""
    end = pair.T.ravel()
    order = np.lexsort((np.tile(cost, 2), end))
    rank = np.arange(len(end)) - np.searchsorted(end[order], end[order])
    kept = np.zeros(len(pair), bool)
    kept[order[rank < CHOICES] % max(len(pair), 1)] = True
    return kept


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


def _splines(ends: Ends, pair: NDArray[np.intp], length: Points) -> Points:
    """(P, M, 2) cubic Hermite curves that leave both ends along their strokes."""
    # a curve is longer than its chord: half as long again at the sharpest turns
    n_steps = int(1.5 * length.max(initial=0) / STEP) + 2
    s = np.linspace(0, 1, n_steps, dtype=np.float32)[None, :, None]
    one, other = pair.T
    pull = length[:, None, None].astype(np.float32)
    return (
        (2 * s**3 - 3 * s**2 + 1) * ends.at[one, None]
        + (s**3 - 2 * s**2 + s) * pull * ends.towards[one, None]
        + (3 * s**2 - 2 * s**3) * ends.at[other, None]
        - (s**3 - s**2) * pull * ends.towards[other, None]
    )


def _is_clear(ends: Ends, pair: NDArray[np.intp], length: Points, ink: Mask) -> Mask:
    """(P,) whether a curve meets no other ink than that it starts and ends in."""
    clear = np.ones(len(pair), bool)
    for first in range(0, len(pair), BLOCK):
        block = slice(first, first + BLOCK)
        inked = ink[pixels(_splines(ends, pair[block], length[block]), ink.shape)]
        start = np.logical_and.accumulate(inked, axis=1)
        end = np.logical_and.accumulate(inked[:, ::-1], axis=1)[:, ::-1]
        clear[block] = ~(inked & ~start & ~end).any(axis=1)
    return clear
