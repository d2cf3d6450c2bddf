"""Which sketches a training step sees: a function of seed and step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch

from colorrl.seeding import seed_of
from colorrl.types import Sketch


class Named(Protocol):
    """What has the id of a drawing."""

    @property
    def id(self) -> str: ...


Drawn = TypeVar("Drawn", bound=Named)
Groups = Sequence[Sequence[Drawn]]


@dataclass(frozen=True)  # typing cannot make a `Pool` of a class with slots
class PoolOf(Generic[Drawn]):
    """A set to draw from, by drawing."""

    groups: Groups[Drawn]
    weight: float  # how often, in shares of all pools' weights


Pool = PoolOf[Sketch]


def by_drawing(sketches: Sequence[Drawn], variant_of: Mapping[str, str]) -> list[list[Drawn]]:
    """Sketches grouped by drawing in a stable order, its variants (id -> drawing) together.

    A drawing then counts once, however many variants it comes in.
    """
    groups: dict[str, list[Drawn]] = defaultdict(list)
    for sketch in sketches:
        groups[variant_of.get(sketch.id, sketch.id)].append(sketch)
    return [groups[k] for k in sorted(groups)]


def draw_from(pools: Sequence[PoolOf[Drawn]], n: int, seed: int, step: int) -> list[Drawn]:
    """``n`` sketches, of each pool as many as its weight says, up to one by chance.

    Within a pool as `draw_sketches`. Over the steps every pool has exactly its share.
    """
    if len(pools) == 1:
        return draw_sketches(pools[0].groups, n, seed, step)
    counts = allotted([pool.weight for pool in pools], n, seed, step)
    return [
        sketch
        for k, (pool, count) in enumerate(zip(pools, counts, strict=True))
        for sketch in draw_sketches(pool.groups, count, seed_of(seed, 11, k), step)
    ]


def allotted(weights: Sequence[float], n: int, seed: int, step: int) -> list[int]:
    """``n`` dealt in proportion to ``weights`` by systematic sampling: expected shares are exact.

    Source: Madow 1949, "On the theory of systematic sampling, II".
    """
    draw = torch.Generator().manual_seed(seed_of(seed, 12, step))
    start = float(torch.rand((), generator=draw, dtype=torch.float64))
    total = sum(weights)
    marks = [int(n * sum(weights[:k]) / total + start) for k in range(len(weights))]
    return [b - a for a, b in zip(marks, [*marks[1:], n], strict=True)]


def draw_sketches(groups: Groups[Drawn], n: int, seed: int, step: int) -> list[Drawn]:
    """One sketch of each of ``n`` drawings, all different where there are enough."""
    draw = torch.Generator().manual_seed(seed_of(seed, 3, step))
    order = torch.randperm(len(groups), generator=draw).tolist()
    which = torch.rand(n, generator=draw).tolist()
    chosen = [groups[order[i % len(order)]] for i in range(n)]
    return [group[int(w * len(group))] for group, w in zip(chosen, which, strict=True)]
