"""Train, val and test: dealt by the hash of a name, whole clusters of look-alikes together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from colorrl.config.schema.data import SplitConfig
from colorrl.data.preparation.twins import cluster, likeness


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
    u = share_of(cluster, seed)
    return "val" if u < held_out else "test" if u < 2 * held_out else "train"


def deal_names(
    names: Iterable[str], held_out: float, seed: int, splits: Sequence[str] = ("val", "test")
) -> dict[str, str]:
    """Split of each of a few ``names``: ``held_out`` of them, at least one, to each of ``splits``.

    The rest is train. Raises ValueError if none would be left.
    """
    order = sorted(set(names), key=lambda name: (share_of(name, seed), name))
    n = max(1, round(held_out * len(order)))
    if n * len(splits) >= len(order):
        raise ValueError(
            f"{', '.join(sorted(order)[:3])}: {len(order)} are too few to part into train, "
            f"{' and '.join(splits)}; {n * len(splits) + 1} or more are needed"
        )
    home = dict.fromkeys(order, "train")
    for k, split in enumerate(splits):
        home |= dict.fromkeys(order[k * n : (k + 1) * n], split)
    return home


def share_of(name: str, seed: int) -> float:
    """A number in [0, 1) that hashes ``name``."""
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
