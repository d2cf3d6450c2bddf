"""A figure of one panel found in another, where it keeps its colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor

from colorrl.export.painted import as_bytes
from colorrl.pages.sheet.match import match
from colorrl.pages.sheet.sheet import Sheet
from colorrl.pages.view import View
from colorrl.regions.graph import Labels, areas

# a figure of another panel keeps its colours where a match is surer than this
FOUND_AGAIN = 0.4
# of the lines of a figure so many meet where it stands redrawn: of 24 DiceBear characters with other
# hair and expressions all but one have more, of 24 pairs of two styles none has (experiments/sheet)
SAME_FIGURE = 0.42


def sheet_of(view: View, colors: Tensor) -> Sheet:
    """``view`` in ``colors`` (V+1, 3) as the sheet of the others; what surrounds its figure has
    none."""
    region_index = view.regions.region_index.numpy()
    around = _around(region_index)
    bare = view.bound.bare.copy()
    bare[around] = True
    return Sheet(view.line, region_index, as_bytes(colors.numpy()), bare, around)


def _around(region_index: Labels) -> int:
    """The region that surrounds the figure of a panel: the largest at its edge. The frame alone may
    have more of the edge itself."""
    edge = np.unique(
        np.concatenate([region_index[0], region_index[-1], region_index[:, 0], region_index[:, -1]])
    )
    return int(edge[areas(region_index)[edge].argmax()])


def found_again(view: View, sheet: Sheet) -> View:
    """``view`` with the colours known of what is on ``sheet``."""
    region_index = view.regions.region_index.numpy()
    around = _around(region_index)
    found = match(sheet, view.line, region_index, around)
    if found.score < SAME_FIGURE:
        return view
    free = ~(view.bound.known | view.bound.bare)
    free[[0, around]] = False
    same = free & (found.region > 0) & (found.confidence > FOUND_AGAIN)
    same &= ~sheet.bare[found.region]
    colors, confidence = view.bound.colors.copy(), view.bound.confidence.copy()
    colors[same] = sheet.colors[found.region[same]]
    confidence[same] = found.confidence[same]
    known = view.bound.known | same
    return replace(
        view, bound=replace(view.bound, colors=colors, known=known, confidence=confidence)
    )
