"""Train, val and test: whole clusters of look-alikes, dealt by the hash of their name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from colorrl.config import SplitConfig
from colorrl.data.twins import cluster, likeness


def deal(
    names: Sequence[str],
    bases: Sequence[str],
    signatures: NDArray[np.float32],
    cfg: SplitConfig,
    seed: int,
) -> list[tuple[str, str]]:
    """(cluster, split) of each drawing; ``signatures`` (N, S, S) of their line art.

    Train are the clusters that are too large to hold out, those with a base of ``cfg.learned``,
    and of the others what ``split_of`` says.
    """
    alike = likeness(signatures, signatures) > cfg.likeness
    clusters = cluster(names, bases, alike | alike.T)
    arts: dict[str, set[bytes]] = {}
    for home, art in zip(clusters, signatures, strict=True):
        arts.setdefault(home, set()).add(art.tobytes())
    large = {home for home, found in arts.items() if len(found) > cfg.max_held_out}
    learned = {home for home, base in zip(clusters, bases, strict=True) if base in cfg.learned}
    kept = large | learned
    return [(c, "train" if c in kept else split_of(c, cfg.held_out, seed)) for c in clusters]


def split_of(cluster: str, held_out: float, seed: int) -> str:
    """Split of a cluster by its name's hash: ``held_out`` of them val, as many test."""
    digest = hashlib.sha256(f"{seed} {cluster}".encode()).digest()
    u = int.from_bytes(digest[:8], "big") / 2**64
    return "val" if u < held_out else "test" if u < 2 * held_out else "train"
