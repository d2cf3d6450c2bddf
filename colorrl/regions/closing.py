"""Closing gaps along the strokes: what is drawn, and from an end on to the line ahead of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.regions.ends import Ends, Points
from colorrl.regions.graph import Labels
from colorrl.regions.ink import Mask
from colorrl.regions.nearest import beyond

# an end sees a line ahead this far to either side, in degrees
FAN = (0.0, 10.0, -10.0, 20.0, -20.0, 30.0, -30.0, 45.0, -45.0, 60.0, -60.0)
# a gap seems longer by this share for every right angle that it turns
DETOUR = 1.0
# ink that hangs together with an end within so many widths, and two pixels more, is its own stroke
OWN = 1.0
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
        mark[pixels(self.way, shape)] = np.arange(1, len(self) + 1)[:, None]
        return mark


def reach_ahead(ends: Ends, ink: Mask, own: Labels, longest: float) -> Closures:
    """Segments from each end of ``ink`` (H, W) to the line ahead, at most ``longest`` px long.

    ``own`` are its ``own_strokes``: the round of an end's own stroke is no line ahead.
    """
    step, hit, _ = _seen_ahead(ends, ink, own, longest)
    best = _dear(hit).argmin(axis=0)
    steps = np.take_along_axis(hit, best[None], axis=0)[0]
    seen = np.flatnonzero(np.isfinite(steps))
    beam = _turned(ends.towards[seen], np.asarray(FAN)[best[seen]])
    run = np.minimum(step, steps[seen, None] * STEP)
    way = ends.at[seen, None] + run[..., None] * beam[:, None]
    return Closures(way.astype(np.float32), (steps[seen] * STEP).astype(np.float32))


def cost_ahead(ends: Ends, ink: Mask, own: Labels, longest: float) -> Points:
    """(K,) what the cheapest way from each end to a line that passes ahead costs, px; inf if none
    does within ``longest`` px. A stroke that ends there itself does not pass."""
    _, hit, passes = _seen_ahead(ends, ink, own, longest)
    return np.asarray(_dear(np.where(passes, hit, np.inf)).min(axis=0) * STEP, np.float32)


def own_strokes(ends: Ends, ink: Mask, width: float) -> Labels:
    """(H, W) the pieces of ``ink`` about the ends of its strokes, ``width`` px wide, from 1; 0 =
    none."""
    tip = np.zeros(ink.shape, bool)
    tip[pixels(ends.at, ink.shape)] = True
    near = ink & ~beyond(tip, OWN * width + 2)
    label = np.asarray(cv2.connectedComponents(near.view(np.uint8), connectivity=8)[1])
    ends_in = np.zeros(int(label.max()) + 1, bool)
    ends_in[label[tip]] = True
    ends_in[0] = False
    return np.where(ends_in, np.cumsum(ends_in), 0).astype(np.int32)[label]


def _seen_ahead(
    ends: Ends, ink: Mask, own: Labels, longest: float
) -> tuple[NDArray[np.float32], NDArray[np.float64], Mask]:
    """The steps of a way, (F, K) how many lead to other ink, and whether a line passes there."""
    step = np.arange(0, longest + STEP, STEP, dtype=np.float32)
    seen = [_steps_to_ink(ends, angle, step, ink, own) for angle in FAN]
    return step, np.stack([steps for steps, _ in seen]), np.stack([passes for _, passes in seen])


def _dear(hit: NDArray[np.float64]) -> NDArray[np.float64]:
    """(F, K) steps, turns counted."""
    return np.asarray(hit * (1 + DETOUR * np.abs(FAN)[:, None] / 90))


def both(one: Closures, other: Closures) -> Closures:
    """The closures of ``one``, then those of ``other``; the last point fills up the shorter."""
    m = max(one.way.shape[1], other.way.shape[1])
    way = [np.pad(c.way, ((0, 0), (0, m - c.way.shape[1]), (0, 0)), "edge") for c in (one, other)]
    return Closures(np.concatenate(way), np.concatenate([one.length, other.length]))


def _steps_to_ink(
    ends: Ends, angle: float, step: NDArray[np.float32], ink: Mask, own: Labels
) -> tuple[NDArray[np.float64], Mask]:
    """(K,) index of the first ``step`` in ink beyond an end's ``own``, inf if there is none, and
    whether no stroke ends there."""
    way = ends.at[:, None] + step[:, None] * _turned(ends.towards, angle)[:, None]
    at = pixels(way, ink.shape)
    inked, whose = ink[at], own[at]
    met = inked & ~np.logical_and.accumulate(inked, axis=1)
    met &= (whose == 0) | (whose != whose[:, :1])
    on_page = ((way >= 0) & (way <= np.array(ink.shape) - 1)).all(axis=2)
    met &= np.logical_and.accumulate(on_page, axis=1)
    first = met.argmax(axis=1)
    passes = np.take_along_axis(whose, first[:, None], axis=1)[:, 0] == 0
    return np.where(met.any(axis=1), first, np.inf), passes


def _turned(towards: Points, degrees: float | NDArray[np.float64]) -> Points:
    """Unit vectors (K, 2) turned."""
    angle = np.radians(degrees)
    y, x = towards.T
    turned = [np.cos(angle) * y + np.sin(angle) * x, np.cos(angle) * x - np.sin(angle) * y]
    return np.stack(turned, axis=1).astype(np.float32)


def pixels(way: Points, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns (P, M) of the pixels under points (P, M, 2), the page's own if outside."""
    at = np.rint(way).astype(np.intp)
    return at[..., 0].clip(0, shape[0] - 1), at[..., 1].clip(0, shape[1] - 1)
