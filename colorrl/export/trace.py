"""Lines in the colour of the fill that they bound (色トレス), as a layer of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colorrl.export.painted import Painted, Pixels, line_and_tone
from colorrl.images.image import Drawing, over_white
from colorrl.regions.graph import Labels
from colorrl.regions.ink import Mask, line_width
from colorrl.regions.nearest import nearest

SHADE = 0.5  # of the fill's value in each channel: in its own colour a line would not show
# a line on the paper's side takes the fill that lies so many line widths, and pixels more, away
WIDTHS, MORE = 1.0, 2.0


def traced(page: Painted) -> Pixels:
    """(H, W, 4): the whole line of ``page`` but for its tone, see-through as far as it is light.

    What bounds no fill keeps its own colour.
    """
    line = over_white(line_and_tone(page)[0])
    alpha = 255 - line.min(axis=2)
    fill = _fills(page, alpha > 127)
    shade = np.rint(page.colors * np.float32(SHADE)).astype(np.uint8)
    color = np.where(fill[..., None] > 0, shade[fill], _own(line, alpha))
    return np.dstack([color, alpha])


def _fills(page: Painted, ink: Mask) -> Labels:
    """(H, W) the painted region whose colour a line takes there, 0 = none."""
    ids = np.arange(len(page.bare), dtype=np.int32)
    fill: Labels = np.where(page.bare, 0, ids)[page.region_index]
    # a list: only then may the labels change
    near = list(nearest(fill, ink & (fill == 0), WIDTHS * line_width(ink) + MORE))
    for found in near:
        fill[found.at] = found.label
    return fill


def _own(line: Drawing, alpha: NDArray[np.uint8]) -> Pixels:
    """(H, W, 3) the colour that at ``alpha`` on white looks like ``line`` (H, W, C)."""
    thin = np.maximum(alpha, 1)[..., None].astype(np.int32)
    color = 255 - (255 - line.astype(np.int32)) * 255 // thin
    return np.broadcast_to(color, (*line.shape[:2], 3)).astype(np.uint8)
