"""A figure of one panel or page found in another, where it keeps its colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from colorrl.export.painted import Painted, Pixels, as_bytes
from colorrl.images.image import luma
from colorrl.pages.panels import views
from colorrl.pages.sheet.match import match
from colorrl.pages.sheet.sheet import Sheet, reduced
from colorrl.pages.view import View
from colorrl.regions.graph import Labels, areas

# a figure of another panel keeps its colours where a match is surer than this
FOUND_AGAIN = 0.4
# of the lines of a figure so many meet where it stands redrawn; those of two styles meet less
SAME_FIGURE = 0.46


def sheet_of(view: View, colors: Tensor) -> Sheet:
    """``view`` in ``colors`` (V+1, 3) as the sheet of the others."""
    return _figure(
        view.line, view.regions.region_index.numpy(), as_bytes(colors.numpy()), view.bound.bare
    )


def model_of(page: Painted) -> Sheet:
    """The figure of ``page``, or of the panel with most paint, as the sheet of other pages."""
    paper = page.bare & (np.array(page.by) == "paper")
    boxes = views(page.region_index, paper)
    painted = ~page.bare[page.region_index]
    box = max(boxes, key=lambda box: int(painted[box.window].sum()))
    index = np.ascontiguousarray(page.region_index[box.window])
    return reduced(_figure(luma(page.line[box.window]), index, page.colors, page.bare))


def _figure(
    line: NDArray[np.float32], index: Labels, colors: Pixels, bare: NDArray[np.bool_]
) -> Sheet:
    """The figure of a line art (H, W), its regions ``index`` (H, W) in ``colors`` (R+1, 3); what
    surrounds it has none."""
    around = _around(index)
    bare = bare.copy()
    bare[around] = True
    return Sheet(line, index, colors, bare, around, SAME_FIGURE)


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
