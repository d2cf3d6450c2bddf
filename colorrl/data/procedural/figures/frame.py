"""Where a figure stands on the page: its parts are drawn in units of its own size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from colorrl.data.procedural.figures import curves
from colorrl.data.procedural.figures.curves import Curve


@dataclass(frozen=True, slots=True)
class Frame:
    """Middle and half sizes on the page; points (0, 0) and (1, 1) are middle and lower right."""

    x: float
    y: float
    rx: float
    ry: float

    def to_page(self, points: ArrayLike) -> Curve:
        """``points`` (K, 2) as shares of the page."""
        return np.asarray(points, float) * (self.rx, self.ry) + (self.x, self.y)

    def page_at(self, x: float, y: float) -> Frame:
        """A frame about (x, y) in units of the page."""
        return Frame(x * self.rx + self.x, y * self.ry + self.y, 1, 1)

    def flipped(self, sign: int) -> Frame:
        """The same frame for ``sign`` 1, its mirror image for -1."""
        return Frame(self.x, self.y, sign * self.rx, self.ry)

    def closed(self, points: ArrayLike) -> Curve:
        """The smooth outline through ``points`` (K, 2)."""
        return curves.closed(self.to_page(points))

    def symmetric(self, side: ArrayLike) -> Curve:
        """The smooth outline through the points of one ``side``, top to bottom, and the other's."""
        return self.closed(curves.mirrored(side, 0))

    def stroke(self, points: ArrayLike) -> Curve:
        """The smooth open curve through ``points`` (K, 2)."""
        return curves.stroke(self.to_page(points))

    def ellipse(self, x: float, y: float, rx: float, ry: float, turn: float = 0.0) -> Curve:
        """An ellipse about (x, y), turned by ``turn`` radians."""
        center = self.page_at(x, y)
        return curves.ellipse(center.x, center.y, rx * abs(self.rx), ry * self.ry, turn)

    def limb(self, points: ArrayLike, widths: ArrayLike) -> Curve:
        """A limb along ``points`` (K, 2) that is ``widths`` (K,) times the half width wide."""
        return curves.limb(self.to_page(points), np.asarray(widths, float) * abs(self.rx))
