"""Parts onto a page, back to front: which part owns each pixel, and the lines between them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.data.figures.curves import Curve
from colorrl.data.figures.part import Part
from colorrl.data.strokes import Strokes

OUTLINE, DETAIL = 1.0, 0.7  # widths of lines, as shares of the drawing's
PATCH = "patch"  # material of every other cell


class Canvas:
    """A square page of ``size`` px that parts are painted on."""

    def __init__(self, size: int) -> None:
        self.strokes: Strokes = np.zeros((size, size), np.float32)  # relative widths
        self.part: NDArray[np.int32] = np.zeros((size, size), np.int32)  # 0 = the page
        self.materials: list[str] = ["page"]  # by part id
        self._within: NDArray[np.bool_] = self.part == 0  # what clipped parts lie in

    def paint(self, part: Part, random: np.random.Generator) -> None:
        """Paint ``part`` over what is there, or within the part painted last."""
        outline = self._pixels(part.outline)
        inside = np.zeros(self.part.shape, np.uint8)
        cv2.fillPoly(inside, [outline], 1)
        edge = np.zeros(self.part.shape, np.float32)
        cv2.polylines(edge, [outline], True, OUTLINE)
        region = inside > 0
        if part.clipped:
            # where a line is already, the new one meets it
            region &= self._within & (self.strokes == 0)
        else:
            self.strokes[region] = 0
            self._within = region
        self.part[region] = self._new(part.material)
        self.strokes[region] = np.maximum(self.strokes, edge)[region]
        if part.cells:
            self._divide(region, part, random)
        for line in part.lines:
            self._draw(line, region)

    def _new(self, material: str) -> int:
        self.materials.append(material)
        return len(self.materials) - 1

    def _pixels(self, curve: Curve) -> NDArray[np.int32]:
        return np.rint(curve * len(self.part)).astype(np.int32)

    def _divide(self, region: NDArray[np.bool_], part: Part, random: np.random.Generator) -> None:
        """Voronoi cells of random seeds within ``region``; a line between each two."""
        places = np.argwhere(region)
        seeds = np.ones(region.shape, np.uint8)
        seeds[tuple(places[random.integers(len(places), size=part.cells)].T)] = 0
        _, cell = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, cv2.DIST_MASK_5)
        level = cell.astype(np.float32)
        pair = np.ones((2, 2), np.uint8)
        border = cv2.dilate(level, pair) != cv2.erode(level, pair)
        free = region & (self.strokes == 0)
        self.part[free & (cell % 2 == 0)] = self._new(PATCH)
        self.strokes[free & border] = DETAIL

    def _draw(self, line: Curve, region: NDArray[np.bool_]) -> None:
        """A stroke that tapers at both ends, where it runs on ``region``."""
        points = self._pixels(line)
        drawn = np.zeros(region.shape, np.float32)
        fade = np.minimum(1, 0.3 + 3 * np.minimum(*np.linspace([0, 1], [1, 0], len(points) - 1).T))
        for start, end, width in zip(points, points[1:], fade.tolist(), strict=False):
            cv2.line(drawn, start.tolist(), end.tolist(), DETAIL * width)
        self.strokes = np.where(region, np.maximum(self.strokes, drawn), self.strokes)
