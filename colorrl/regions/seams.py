"""Where two pieces of one component of the paper meet without ink between them: seams.

A drawing has a seam wherever a gap in a line was closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from colorrl.regions.graph import Labels, areas

Index = NDArray[np.int64]

# pixel edges of a digital seam per pixel of its length, averaged over directions
EDGES_PER_LENGTH = 4 / np.pi


@dataclass(frozen=True, slots=True)
class Seams:
    """The pixel edges between pieces, and the connected stretches they form."""

    at: Index  # (E, 2) row and column of the edge's upper or left pixel
    pair: Index  # (S, 2) the pieces of each stretch, the lower id first
    stretch: Index  # (E,) which stretch an edge belongs to
    edges: Index  # (S,) edges of each stretch

    @property
    def length(self) -> NDArray[np.float64]:
        """(S,) pixels."""
        return self.edges / EDGES_PER_LENGTH

    def any(self, edge: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(S,) whether ``edge`` (E,) is True of an edge of the stretch."""
        return np.bincount(self.stretch, weights=edge, minlength=len(self.pair)) > 0


def find_seams(label: Labels, home: Labels) -> Seams:
    """The seams of ``label`` (H, W), which divides the components ``home`` (H, W), 0 = ink."""
    at, pair = _edges(label, home)
    mask = np.zeros(label.shape, np.uint8)
    mask[at[:, 0], at[:, 1]] = 1
    if len(at) == 0:
        empty = np.zeros(0, np.int64)
        return Seams(at, pair, empty, empty)
    blob = cc3d.connected_components(mask, connectivity=8)[at[:, 0], at[:, 1]].astype(np.int64)
    n = int(label.max()) + 1
    key, stretch, edges = np.unique(
        (blob * n + pair[:, 0]) * n + pair[:, 1], return_inverse=True, return_counts=True
    )
    return Seams(at, np.stack([key // n % n, key % n], axis=1), stretch, edges)


def _edges(label: Labels, home: Labels) -> tuple[Index, Index]:
    """Pixels (E, 2) and pieces (E, 2) of the edges beside and below pixels."""
    at, pair = [], []
    for here, there in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1], np.s_[1:]),
    ):
        a, b = label[here], label[there]
        # of one component: most edges are those of lines, and places take 16 bytes each
        y, x = np.nonzero((a != b) & (home[here] == home[there]))
        at.append(np.stack([y, x], axis=1))
        pair.append(np.sort(np.stack([a[y, x], b[y, x]], axis=1), axis=1))
    return np.concatenate(at), np.concatenate(pair).astype(np.int64)


def merged(label: Labels, pairs: Index) -> Labels:
    """``label`` with the labels of each pair (P, 2) made one, renumbered from 1."""
    if len(pairs) == 0:
        return label
    n = int(label.max()) + 1
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, group = connected_components(links, directed=False)
    # nothing is linked to ink, so that group 0 is ink alone
    return group.astype(np.int32)[label]


def merge_slivers(label: Labels, home: Labels, smallest: float) -> Labels:
    """Pieces under ``smallest`` pixels join the neighbour at the longest seam."""
    seams = find_seams(label, home)
    n = int(label.max()) + 1
    key, of = np.unique(seams.pair[:, 0] * n + seams.pair[:, 1], return_inverse=True)
    length = np.bincount(of, weights=seams.edges, minlength=len(key))
    pairs = np.stack([key // n, key % n], axis=1)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    order = np.lexsort((both[:, 1], -np.tile(length, 2), both[:, 0]))
    _, first = np.unique(both[order, 0], return_index=True)
    best = both[order][first]
    return merged(label, best[areas(label)[best[:, 0]] < smallest])
