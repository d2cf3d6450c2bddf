"""A fish with fins, stripes or patches."""

from __future__ import annotations

import numpy as np

from colorrl.data.procedural.figures.eyes import eyes
from colorrl.data.procedural.figures.frame import Frame
from colorrl.data.procedural.figures.part import Part, coat

TAIL = [(0.85, 0), (1.35, -0.8), (1.55, -0.6), (1.35, 0), (1.55, 0.6), (1.35, 0.8)]
FIN = [(-0.35, -0.8), (0.0, -1.55), (0.5, -1.4), (0.6, -0.6)]
BODY = [
    *[(-1.0, 0.05), (-0.6, -0.75), (0.1, -0.95), (0.75, -0.4)],
    *[(1.0, 0), (0.75, 0.4), (0.1, 0.95), (-0.6, 0.8)],
]
FACE = [(-1.2, -0.9), (-0.5, -0.9), (-0.32, 0), (-0.5, 0.9), (-1.2, 0.9)]
FLIPPER = [(0, 0.1), (0.45, 0.1), (0.5, 0.5), (0.15, 0.45)]
STRIPE = 0.06  # of the page


def fish(random: np.random.Generator) -> list[Part]:
    """The whole fish."""
    at = Frame(0.47, 0.5, random.uniform(0.26, 0.31), random.uniform(0.16, 0.22))
    rays = [at.stroke([(1.1, 0.1 * s), (1.3, 0.45 * s)]) for s in (-1, 0.2, 1)]
    striped = random.random() < 0.5
    bands = [[(d, -1.1), (d + 0.12, 0), (d, 1.1)] for d in (0.1, 0.5)] if striped else []
    return [
        Part("mane", at.closed(TAIL), lines=rays),
        Part("mane", at.closed(FIN)),
        Part("mane", at.closed(np.array(FIN) * (0.7, -0.8))),
        Part("fur", at.closed(BODY), cells=0 if striped else coat(random)),
        *[Part("patch", at.limb(b, [STRIPE / at.rx] * 3), clipped=True) for b in bands],
        Part("belly", at.closed(FACE), clipped=True),
        Part("mane", at.closed(FLIPPER)),
        *eyes(at.page_at(-0.62, -0.2), [(0, 0)], 0.045, random),
    ]
