"""Hatching: parallel strokes that shade a part of a region, one way or crossed."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.data.procedural.strokes import THINNEST, Strokes
from colorrl.regions.graph import Labels, background_id

SPACING = (3.0, 6.0)  # clear paper between hatches, in line widths
CROSSED = 0.25  # share of the hatched regions with a second direction
SMALLEST = 600  # pixels: smaller regions are not hatched
THIN = 0.6  # width of a hatch, as a share of the line width


def hatch(label: Labels, share: float, width: float, random: np.random.Generator) -> Strokes:
    """Strokes that shade about ``share`` of the regions of ``label`` (H, W), at least one.

    The page around the drawing stays clear. Strokes stop short of the outline on one side and may
    touch it on the other.
    """
    area = np.bincount(label.ravel())
    area[[0, background_id(label)]] = 0
    large = np.flatnonzero(area >= SMALLEST)
    strokes = np.zeros(label.shape, np.float32)
    n = min(len(large), max(1, round(share * len(large))))
    for region in random.choice(large, n, replace=False) if n else []:
        angle = random.uniform(0, np.pi)
        turns = [angle, angle + np.pi / 2] if random.random() < CROSSED else [angle]
        for turn in turns:
            _shade(strokes, label == region, turn, width, random)
    return strokes


def _shade(
    strokes: Strokes,
    region: NDArray[np.bool_],
    angle: float,
    width: float,
    random: np.random.Generator,
) -> None:
    """Draw hatches at ``angle`` over one side of ``region``."""
    y, x = np.nonzero(region)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    step = width * (1 + random.uniform(*SPACING))
    row = ((across - across.min()) / step).astype(np.int64)
    on = np.abs((across - across.min()) / step - row - 0.5) * step < 0.75  # one pixel wide
    order = np.lexsort((along[on], row[on]))
    row, along = row[on][order], along[on][order]
    new = np.flatnonzero(np.diff(row, prepend=-1) | (np.diff(along, prepend=0) > 3))
    runs = zip(new, [*new[1:], len(row)], strict=True)
    for first, last in runs:
        low, high = along[first], along[last - 1]
        long = high - low
        if long < 4 * width:
            continue
        # a shade covers a third to four fifths, from a ragged edge to near the outline
        start = low + random.uniform(0.0, 0.08) * long
        end = low + random.uniform(0.35, 0.8) * long
        base = across.min() + (row[first] + 0.5) * step
        _draw(strokes, (start, end), base, angle, width)


def _draw(
    strokes: Strokes, reach: tuple[float, float], across: float, angle: float, width: float
) -> None:
    """One hatch, thinner towards its end."""
    at = np.linspace(*reach, 7)
    points = np.stack(
        [at * np.cos(angle) - across * np.sin(angle), at * np.sin(angle) + across * np.cos(angle)],
        1,
    )
    half = np.maximum(THINNEST, THIN * width / 2 * np.linspace(1, 0.3, 6))
    for a, b, value in zip(
        np.rint(points).astype(int), np.rint(points[1:]).astype(int), half.tolist(), strict=False
    ):
        cv2.line(strokes, a.tolist(), b.tolist(), value)
