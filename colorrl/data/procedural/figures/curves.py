"""Smooth outlines through a few points: Catmull-Rom splines as cubic Beziers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Curve = NDArray[np.float64]  # (P, 2) x and y as shares of the page, y down

PER_POINT = 14  # points of a curve between two of those it goes through


def closed(points: ArrayLike) -> Curve:
    """The closed curve through ``points`` (K, 2)."""
    knots = np.asarray(points, float)
    return _bezier(np.concatenate([knots[-1:], knots, knots[:2]]))


def stroke(points: ArrayLike) -> Curve:
    """The open curve through ``points`` (K, 2), K >= 2."""
    knots = np.asarray(points, float)
    first, last = 2 * knots[0] - knots[1], 2 * knots[-1] - knots[-2]
    curve = _bezier(np.concatenate([first[None], knots, last[None]]))
    return np.concatenate([curve, knots[-1:]])


def _bezier(knots: Curve) -> Curve:
    """Cubics between ``knots[1:-1]``; the tangent at a knot is that of its neighbours' chord."""
    tangent = (knots[2:] - knots[:-2]) / 6
    start, end = knots[1:-2], knots[2:-1]
    handles = np.stack([start, start + tangent[:-1], end - tangent[1:], end])  # (4, K, 2)
    t = np.arange(PER_POINT) / PER_POINT
    basis = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    return np.einsum("bt,bkd->ktd", basis, handles).reshape(-1, 2)


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0) -> Curve:
    """An ellipse, turned by ``turn`` radians."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    around = np.stack([rx * np.cos(angle), ry * np.sin(angle)], axis=1)
    return turned(around, turn) + np.array([x, y])


def turned(curve: Curve, angle: float) -> Curve:
    """``curve`` turned by ``angle`` radians about the origin."""
    c, s = np.cos(angle), np.sin(angle)
    return curve @ np.array([[c, s], [-s, c]])


def limb(points: ArrayLike, widths: ArrayLike) -> Curve:
    """The outline of a limb along ``points`` (K, 2) that is ``widths`` (K,) wide, ends round."""
    knots, half = np.asarray(points, float), np.asarray(widths, float)[:, None] / 2
    along = np.gradient(knots, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = along[:, ::-1] * (1, -1)
    left, right = knots + across * half, knots - across * half
    tip, root = knots[-1:] + along[-1:] * half[-1], knots[:1] - along[:1] * half[0]
    return closed(np.concatenate([left, tip, right[::-1], root]))


def mirrored(points: ArrayLike, x: float) -> Curve:
    """``points`` (K, 2) of one side, from top to bottom, and their mirror images about ``x``."""
    side = np.asarray(points, float)
    return np.concatenate([side, (side * (-1, 1) + (2 * x, 0))[::-1]])
