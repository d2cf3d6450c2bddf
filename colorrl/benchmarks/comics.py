"""Comic pages of any size with true regions: panels with procedural figures, inked as one page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from colorrl.data.procedural import procedural
from colorrl.data.procedural.inking import Inked, Style, ink_strokes
from colorrl.data.procedural.strokes import Strokes
from colorrl.seeding import seed_of

# shares of the page's shorter side: line width, gap in a line, clear paper around a panel
WIDTH, GAP, GUTTER = 1 / 360, 1 / 160, 1 / 40
GAPS_PER_PANEL = 3


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle of the page in pixels, ``bottom`` and ``right`` outside."""

    top: int
    left: int
    bottom: int
    right: int


def comic(seed: int, height: int, width: int) -> Inked:
    """The page of ``seed``: at any size the same panels and figures."""
    random = np.random.default_rng(seed_of(seed, 0))
    strokes = np.zeros((height, width), np.float32)
    panels = _panels(height, width, random)
    for number, panel in enumerate(panels):
        _draw(strokes[panel.top : panel.bottom, panel.left : panel.right], seed_of(seed, number))
    short = min(height, width)
    style = Style(
        width=max(1.5, short * WIDTH),
        jitter=0.1,
        antialias=True,
        hatching=0,
        gap=short * GAP,
        gaps=GAPS_PER_PANEL * len(panels),
        longest=short * GAP,
        taper=True,
    )
    return ink_strokes(strokes, style, random)


def _panels(height: int, width: int, random: np.random.Generator) -> list[Panel]:
    """One to three rows of one to three panels, of uneven sizes."""
    gutter = round(min(height, width) * GUTTER)
    rows = _spans(height, int(random.integers(1, 4)), gutter, random)
    return [
        Panel(top, left, bottom, right)
        for top, bottom in rows
        for left, right in _spans(width, int(random.integers(1, 4)), gutter, random)
    ]


def _spans(length: int, n: int, gutter: int, random: np.random.Generator) -> list[tuple[int, int]]:
    share = random.uniform(1, 1.8, n)
    cuts = np.append(0, np.cumsum(share) / share.sum()) * (length - gutter)
    return [(round(a) + gutter, round(b)) for a, b in pairwise(cuts)]


def _draw(panel: Strokes, seed: int) -> None:
    """A figure in the middle of ``panel``, cut off at its frame."""
    height, width = panel.shape
    figure = procedural.sketch(seed, max(height, width)).strokes
    top, left = (len(figure) - height) // 2, (len(figure) - width) // 2
    panel[:] = figure[top : top + height, left : left + width]
    cv2.rectangle(panel, (0, 0), (width - 1, height - 1), 1.0)
