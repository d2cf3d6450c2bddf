"""A round bird on its feet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from colorrl.data.procedural.figures.eyes import eyes
from colorrl.data.procedural.figures.frame import Frame
from colorrl.data.procedural.figures.part import Part, coat

Random = np.random.Generator


def bird(random: Random) -> list[Part]:
    """The whole bird."""
    r = random.uniform(0.22, 0.27)
    at = Frame(0.5, 0.52, r, r)
    fan = [[(0.7, 0.3), (1.5, down)] for down in (0.0, 0.35, 0.7)]
    side = [(0, -1.0), (-0.5, -0.92), (-0.82, -0.3), (-1.0, 0.3), (-0.7, 0.88)]
    return [
        *_feet(at),
        *[Part("mane", at.limb(feather, [0.3, 0.36])) for feather in fan],
        Part("fur", at.symmetric(side), cells=coat(random)),
        Part("belly", at.ellipse(-0.25, 0.45, 0.55, 0.6), clipped=True),
        _wing(at),
        *_crest(at, random),
        *eyes(at, [(-0.5, -0.5), (0.05, -0.5)], 0.16, random),
        Part("horn", at.closed([(-0.42, -0.3), (-0.2, -0.42), (-0.02, -0.28), (-0.25, 0.0)])),
    ]


def _feet(at: Frame) -> Iterator[Part]:
    """Legs and toes, down to the ground."""
    hip = Frame(at.x, at.y + 0.8 * at.ry, 1, 1)
    ground = 0.9 - hip.y
    for sign in (-1, 1):
        leg = [(sign * 0.08, 0), (sign * 0.09, ground)]
        yield Part("horn", hip.limb(leg, [0.025, 0.02]))
        yield Part("horn", hip.ellipse(sign * 0.1 - 0.02, ground, 0.05, 0.018))


def _wing(at: Frame) -> Part:
    wing = [(-0.1, -0.1), (0.5, -0.2), (0.95, 0.3), (1.05, 0.75), (0.5, 0.7), (0.05, 0.35)]
    feathers = [[(0.2 + d, 0.1), (0.5 + d, 0.25), (0.65 + d, 0.5)] for d in (0.0, 0.2)]
    return Part("mane", at.closed(wing), lines=[at.stroke(f) for f in feathers])


def _crest(at: Frame, random: Random) -> Iterator[Part]:
    if random.random() < 0.6:
        for lean in (-0.35, 0.0, 0.35):
            plume = [(0, -0.8), (0.5 * lean, -1.1), (lean, -1.3)]
            yield Part("accent", at.limb(plume, [0.12, 0.16, 0.08]))
