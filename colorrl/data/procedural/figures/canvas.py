"""Parts onto a page, back to front: which part owns each pixel, and the lines between them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.data.procedural.figures.curves import Curve
from colorrl.data.procedural.figures.part import Part
from colorrl.data.procedural.strokes import Strokes

Pixels = NDArray[np.int32]  # x and y of the points of a curve, or an image of ids
Mask = NDArray[np.bool_]

OUTLINE, DETAIL = 1.0, 0.7  # widths of lines, as shares of the drawing's
PATCH = "patch"  # material of every other cell


class Canvas:
    """A square page of ``size`` px that parts are painted on."""

    def __init__(self, size: int) -> None:
        self.strokes: Strokes = np.zeros((size, size), np.float32)  # relative widths
        self.part: Pixels = np.zeros((size, size), np.int32)  # 0 = the page
        self.materials: list[str] = ["page"]  # by part id
        self._within: Mask = self.part == 0  # what clipped parts lie in

    def paint(self, part: Part, random: np.random.Generator) -> None:
        """Paint ``part`` over what is there, or within the part painted last."""
        outline = self._pixels(part.outline)
        window, corner = self._window(outline)
        strokes, owner = self.strokes[window], self.part[window]
        inside, edge = np.zeros(strokes.shape, np.uint8), np.zeros_like(strokes)
        cv2.fillPoly(inside, [outline - corner], 1)
        cv2.polylines(edge, [outline - corner], True, OUTLINE)
        region = inside > 0
        if part.clipped:
            # where a line is already, the new one meets it
            region &= self._within[window] & (strokes == 0)
        else:
            strokes[region] = 0
            self._within = np.zeros(self.part.shape, bool)
            self._within[window] = region
        owner[region] = self._new(part.material)
        strokes[region] = np.maximum(strokes, edge)[region]
        if part.cells:
            self._divide(strokes, owner, region, part.cells, random)
        for line in part.lines:
            _draw(strokes, region, self._pixels(line) - corner)

    def _new(self, material: str) -> int:
        self.materials.append(material)
        return len(self.materials) - 1

    def _pixels(self, curve: Curve) -> Pixels:
        return np.rint(curve * len(self.part)).astype(np.int32)

    def _window(self, outline: Pixels) -> tuple[tuple[slice, slice], Pixels]:
        """The rectangle around ``outline`` on the page, and its corner as (x, y)."""
        low = np.clip(outline.min(0), 0, len(self.part) - 1)
        high = np.clip(outline.max(0), 0, len(self.part) - 1) + 1
        return (slice(low[1], high[1]), slice(low[0], high[0])), low

    def _divide(
        self, strokes: Strokes, owner: Pixels, region: Mask, cells: int, random: np.random.Generator
    ) -> None:
        """Voronoi ``cells`` of random seeds within ``region``; a line between each two."""
        places = np.argwhere(region)
        seeds = np.ones(region.shape, np.uint8)
        seeds[tuple(places[random.integers(len(places), size=cells)].T)] = 0
        _, cell = cv2.distanceTransformWithLabels(
            seeds, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        level, pair = cell.astype(np.float32), np.ones((2, 2), np.uint8)
        border = cv2.dilate(level, pair) != cv2.erode(level, pair)
        free = region & (strokes == 0)
        owner[free & (cell % 2 == 0)] = self._new(PATCH)
        strokes[free & border] = DETAIL


def _draw(strokes: Strokes, region: Mask, points: Pixels) -> None:
    """A stroke through ``points`` that tapers at both ends, where it runs on ``region``."""
    drawn = np.zeros_like(strokes)
    near_end = np.minimum(*np.linspace([0, 1], [1, 0], len(points) - 1).T)
    width = DETAIL * np.minimum(1, 0.3 + 3 * near_end)
    for start, end, w in zip(points.tolist(), points[1:].tolist(), width.tolist(), strict=False):
        cv2.line(drawn, start, end, w)
    strokes[region] = np.maximum(strokes, drawn)[region]
