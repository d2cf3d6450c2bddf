"""Which line arts are so alike that one would give the other away across a split."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from colorrl.data.preparation.render import Pixels

SIDE = 48  # of a signature
BLUR = 0.7  # standard deviation in signature pixels: a stroke may move by its own width
SHIFTS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]

Signatures = NDArray[np.float32]


def signature(line: Pixels) -> Signatures:
    """(SIDE, SIDE) the ink of ``line`` (H, W) uint8, centred and blurred, of mean 0 and norm 1.

    All 0 for a page without ink.
    """
    ink = cv2.resize(_centered(255 - line), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(ink.astype(np.float32), (0, 0), BLUR)
    return _normalized(np.asarray(blurred, np.float32))


def _centered(ink: Pixels) -> Pixels:
    """``ink`` moved so that its bounding box is in the middle of the page."""
    y, x = np.nonzero(ink > 127)
    if len(y) == 0:
        return ink
    down = (ink.shape[0] - 1 - y.min() - y.max()) // 2
    right = (ink.shape[1] - 1 - x.min() - x.max()) // 2
    return np.roll(ink, (down, right), axis=(0, 1))


def _normalized(image: Signatures) -> Signatures:
    image = image - image.mean()
    norm = np.linalg.norm(image)
    return image / norm if norm > 0 else image


def likeness(some: Signatures, others: Signatures) -> NDArray[np.float32]:
    """(A, B) largest correlation of ``some`` (A, S, S) with ``others`` (B, S, S).

    Over shifts by a signature pixel and mirroring left to right. 1 = the same drawing.
    """
    flat = some.reshape(len(some), -1)
    best = np.full((len(some), len(others)), -1.0, np.float32)
    for view in (others, others[:, :, ::-1]):
        for shift in SHIFTS:
            moved = np.roll(view, shift, axis=(1, 2)).reshape(len(others), -1)
            np.maximum(best, flat @ moved.T, out=best)
    return best


def cluster(names: Sequence[str], bases: Sequence[str], alike: NDArray[np.bool_]) -> list[str]:
    """For each drawing the first name of its cluster: drawings of one base, and near-twins.

    ``alike`` (N, N) says which are near-twins. Clusters are the connected components, so that
    a chain of twins stays together.
    """
    first = {base: i for i, base in reversed(list(enumerate(bases)))}
    a, b = np.nonzero(alike)
    rows = np.concatenate([a, np.arange(len(names))])
    columns = np.concatenate([b, [first[base] for base in bases]])
    links = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(names),) * 2)
    _, group = connected_components(links, directed=False)
    first_name = {
        g: min(n for n, h in zip(names, group, strict=True) if h == g) for g in set(group)
    }
    return [first_name[g] for g in group]
