"""Line drawings with known regions, and gaps cut into their strokes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float32]


FINE = 4  # drawn this many times larger and averaged: OpenCV's own antialiasing thickens strokes


def closed_curves(name: str, side: int) -> list[NDArray[np.float64]]:
    """Closed polylines (P, 2) in pixels of a page of ``side`` px."""
    turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]).repeat(100, axis=0).astype(float)
    square = (
        square + (np.roll(square, -100, axis=0) - square) * (np.arange(400) % 100 / 100)[:, None]
    )
    star = circle * (0.7 + 0.3 * np.cos(5 * turn))[:, None]
    curves = {
        "circle in a square": [square * 0.4 + 0.5, circle * 0.22 + 0.5],
        "nested": [circle * 0.44 + 0.5, square * 0.26 + 0.5, circle * 0.15 + 0.5],
        "face": [circle * 0.42 + 0.5, circle * 0.09 + (0.36, 0.42), circle * 0.09 + (0.64, 0.42)],
        "star": [star * 0.45 + 0.5, circle * 0.12 + 0.5],
    }
    return [curve * side for curve in curves[name]]


NAMES = ("circle in a square", "nested", "face", "star")


def draw(name: str, side: int = 512, width: int = 3, gap: int = 0) -> Line:
    """(side, side) float32, 1 = paper; every curve has two gaps of ``gap`` px across its stroke."""
    image = np.full((side * FINE, side * FINE), 255, np.uint8)
    curves = closed_curves(name, side * FINE)
    for curve in curves:
        cv2.polylines(image, [np.rint(curve).astype(np.int32)], True, 0, width * FINE)
    for curve in curves if gap else []:
        for at in (30, 245):
            _cut(image, curve[at], curve[at + 1] - curve[at - 1], width * FINE, gap * FINE)
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _cut(image: NDArray[np.uint8], at, along, width: int, gap: int) -> None:
    """Paints paper over a box of ``gap`` px along the stroke and twice its width."""
    along = along / np.linalg.norm(along)
    across = np.array([-along[1], along[0]]) * width
    half = along * gap / 2
    corners = at + np.stack([-half - across, half - across, half + across, across - half])
    cv2.fillPoly(image, [np.rint(corners).astype(np.int32)], 255)
