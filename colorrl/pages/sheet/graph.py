"""Regions as a graph: sizes, places, common borders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorrl.regions.borders import Labels, contacts

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Graph:
    """The R regions of a drawing; index 0 is nobody's."""

    area: Array  # (R+1,) px, those under the line counted in
    center: Array  # (R+1, 2) x, y of the mean pixel
    contact: Array  # (R+1, R+1) px of common border, symmetrical
    rim: Array  # (R+1,) share of the border that the background is on the other side of
    background: int


def graph_of(region_index: Labels, background: int, n_regions: int) -> Graph:
    """The graph of ``region_index`` (H, W), region ids up to ``n_regions``; some may be absent."""
    n = n_regions + 1
    flat = region_index.ravel()
    area = np.bincount(flat, minlength=n).astype(np.float64)
    center = [
        np.bincount(flat, axis.ravel(), n) / np.maximum(area, 1)
        for axis in reversed(np.indices(region_index.shape))
    ]
    pairs, length = contacts(region_index, times=1)
    contact = np.zeros((n, n))
    contact[pairs[:, 0], pairs[:, 1]] = length
    contact += contact.T
    rim = contact[:, background] / np.maximum(contact.sum(1), 1)
    return Graph(area, np.stack(center, 1), contact, rim, background)
