"""Which sketches a training step sees: a function of seed and step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch

from colorrl.data.openmoji import TONES
from colorrl.seeding import seed_of
from colorrl.types import Sketch

Groups = Sequence[Sequence[Sketch]]


def by_drawing(sketches: Sequence[Sketch]) -> list[list[Sketch]]:
    """Sketches grouped by drawing, skin tones of one together, in a stable order.

    A drawing then counts once, however many tones it comes in.
    """
    groups: dict[str, list[Sketch]] = defaultdict(list)
    for sketch in sketches:
        groups["-".join(p for p in sketch.id.split("-") if p not in TONES)].append(sketch)
    return [groups[k] for k in sorted(groups)]


def draw_sketches(groups: Groups, n: int, seed: int, step: int) -> list[Sketch]:
    """One sketch of each of ``n`` drawings, all different where there are enough."""
    draw = torch.Generator().manual_seed(seed_of(seed, 3, step))
    order = torch.randperm(len(groups), generator=draw).tolist()
    which = torch.rand(n, generator=draw).tolist()
    chosen = [groups[order[i % len(order)]] for i in range(n)]
    return [group[int(w * len(group))] for group, w in zip(chosen, which, strict=True)]
