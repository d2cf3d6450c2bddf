"""A page in cells of several pixels: which region holds most of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# above this many (cell, region) counters, sorting the pixels needs less memory than counting
DENSE_COUNTERS = 2**24


def cells_of(shape: tuple[int, ...], size: tuple[int, int]) -> NDArray[np.int64]:
    """(H, W) the index of the cell, row by row, in which each pixel's middle lies."""
    y, x = (cells_along(n, m) for n, m in zip(shape, size, strict=True))
    return y[:, None] * size[1] + x[None, :]


def cells_along(n: int, m: int) -> NDArray[np.int64]:
    """(n,) the one of ``m`` cells in which each pixel's middle lies, along one axis."""
    return (np.arange(n) * 2 + 1) * m // (2 * n)


def majority(
    cell: NDArray[np.int64], region_index: NDArray[np.int32], n_cells: int
) -> NDArray[np.int64]:
    """(n_cells,) the most frequent owner in each cell, the lowest id among equals."""
    n = int(region_index.max()) + 1
    key = (cell * n + region_index).ravel()
    if n_cells * n <= DENSE_COUNTERS:
        return np.bincount(key, minlength=n_cells * n).reshape(n_cells, n).argmax(axis=1)
    pair, count = np.unique(key, return_counts=True)
    order = np.lexsort((pair, -count, pair // n))
    _, first = np.unique(pair[order] // n, return_index=True)
    return pair[order][first] % n
