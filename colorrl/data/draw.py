"""Which sketches a training step sees: a function of seed and step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch

from colorrl.seeding import seed_of
from colorrl.types import Sketch

Groups = Sequence[Sequence[Sketch]]


def by_base(sketches: Sequence[Sketch]) -> list[list[Sketch]]:
    """Sketches grouped by base drawing (the id before the first '-'), in a stable order.

    Skin tones of one drawing then count once, however many there are.
    """
    groups: dict[str, list[Sketch]] = defaultdict(list)
    for sketch in sketches:
        groups[sketch.id.split("-")[0]].append(sketch)
    return [groups[k] for k in sorted(groups)]


def draw_sketches(groups: Groups, n: int, seed: int, step: int) -> list[Sketch]:
    """One sketch of each of ``n`` base drawings, all different where there are enough."""
    draw = torch.Generator().manual_seed(seed_of(seed, 3, step))
    order = torch.randperm(len(groups), generator=draw).tolist()
    which = torch.rand(n, generator=draw).tolist()
    chosen = [groups[order[i % len(order)]] for i in range(n)]
    return [group[int(w * len(group))] for group, w in zip(chosen, which, strict=True)]
