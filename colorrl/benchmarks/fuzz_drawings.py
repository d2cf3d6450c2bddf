"""What the fuzz suite draws, and arrays that are no line art."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]  # (H, W), 255 = paper
Shape = tuple[int, int]  # height, width
Random = np.random.Generator


def _strokes(shape: Shape, random: Random) -> Gray:
    page = np.full(shape, 255, np.uint8)
    for _ in range(random.integers(1, 20)):
        points = (random.random((random.integers(2, 8), 2)) * shape[::-1]).astype(np.int32)
        kind = cv2.LINE_AA if random.random() < 0.5 else cv2.LINE_8
        cv2.polylines(page, [points], random.random() < 0.5, 0, int(random.integers(1, 9)), kind)
    return page


def _thick_strokes(shape: Shape, random: Random) -> Gray:
    return cv2.erode(_strokes(shape, random), np.ones((5, 5), np.uint8)).astype(np.uint8)


def _lone_pixel(shape: Shape, random: Random) -> Gray:
    page = np.full(shape, 255, np.uint8)
    page[random.integers(shape[0]), random.integers(shape[1])] = 0
    return page


def _hatching(shape: Shape, random: Random) -> Gray:
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (((x + y) // random.integers(1, 6)) % 2 * 255).astype(np.uint8)


def _gradient(shape: Shape, _random: Random) -> Gray:
    return np.broadcast_to(np.linspace(0, 255, shape[1]), shape).astype(np.uint8)


DRAWINGS: dict[str, Callable[[Shape, Random], Gray]] = {
    "strokes": _strokes,
    "thick strokes": _thick_strokes,
    "inverted strokes": lambda shape, random: 255 - _strokes(shape, random),
    "noise": lambda shape, random: random.integers(0, 256, shape).astype(np.uint8),
    "black": lambda shape, _: np.zeros(shape, np.uint8),
    "white": lambda shape, _: np.full(shape, 255, np.uint8),
    "grey": lambda shape, random: np.full(shape, random.integers(256), np.uint8),
    "lone pixel": _lone_pixel,
    "hatching": _hatching,
    "gradient": _gradient,
}


def sprinkled(value: float) -> Callable[[NDArray[np.float32], Random], NDArray[np.float32]]:
    """``value`` in a hundredth, half or all of the pixels."""

    def sprinkle(line: NDArray[np.float32], random: Random) -> NDArray[np.float32]:
        line[random.random(line.shape) < random.choice([0.01, 0.5, 1])] = value
        return line

    return sprinkle


ARRAYS: dict[str, Callable[[NDArray[np.float32], Random], NDArray[np.generic]]] = {
    "NaN": sprinkled(np.nan),
    "infinite": sprinkled(np.inf),
    "minus infinite": sprinkled(-np.inf),
    "out of range": lambda line, random: (line - 0.5) * random.choice([4, 1e6, 1e38]),
    "float64": lambda line, _: line.astype(np.float64),
    "transposed": lambda line, _: line.T,
    "integers": lambda line, _: (line * 255).astype(np.uint8),
    "colour": lambda line, _: np.dstack([line] * 3),
    "no pixels": lambda line, _: line[:0],
}
