"""People: a portrait cut at the chest, and a small figure from head to foot."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from colorrl.data.procedural.figures.frame import Frame
from colorrl.data.procedural.figures.head import face, fringe, hair_behind
from colorrl.data.procedural.figures.headwear import headwear
from colorrl.data.procedural.figures.part import Part

Random = np.random.Generator


def portrait(random: Random) -> list[Part]:
    """Head and shoulders."""
    r = random.uniform(0.2, 0.24)
    head = Frame(0.5, 0.42, r, r)
    return [
        *hair_behind(head, random),
        Part("skin", head.limb([(0, 0.6), (0, 1.5)], [0.7, 0.8])),
        *_chest(Frame(head.x, head.y + 1.25 * r, r, r), random),
        *_head(head, random),
    ]


def figure(random: Random) -> list[Part]:
    """A whole small person, standing; the body is drawn in units of the page below the neck."""
    r = random.uniform(0.14, 0.17)
    head = Frame(0.5, 0.3, r, r)
    return [
        *hair_behind(head, random),
        *_legs(Frame(head.x, 0.68, 1, 1), random),
        *_arms(Frame(head.x, head.y + 1.2 * r, 1, 1), random),
        Part("skin", head.limb([(0, 0.7), (0, 1.3)], [0.4, 0.5])),
        *_dress(Frame(head.x, head.y + 1.1 * r, 1, 1), 0.68, random),
        *_head(head, random),
    ]


def _head(at: Frame, random: Random) -> Iterator[Part]:
    yield from face(at, random)
    if random.random() < 0.92:
        yield from fringe(at, random)
    yield from headwear(at, random)


def _chest(at: Frame, random: Random) -> Iterator[Part]:
    wide, bottom = random.uniform(1.4, 1.75), random.choice([0.95, 1.04])
    low = (bottom - at.y) / at.ry
    side = [(-0.32, 0), (-0.8, 0.2), (-wide, 0.55), (-1.1 * wide, low - 0.1), (-1.05 * wide, low)]
    folds = [[(s * 0.95, low - 0.1), (s * 0.9, 0.9), (s * 1.0, 0.75)] for s in (-1, 1)]
    lines = [at.stroke(f) for f in folds]
    yield Part("cloth", at.symmetric(side), lines=lines, cells=_cells(random))
    match random.choice(["collar", "round", "zip", "scarf"]):
        case "collar":
            flap = [(0.3, -0.08), (0.75, 0.2), (0.45, 0.75), (0.02, 0.45)]
            for sign in (-1, 1):
                yield Part("accent", at.flipped(sign).closed(flap))
        case "round":
            yield Part("skin", at.ellipse(0, 0.08, 0.42, 0.34), clipped=True)
        case "zip":
            strip = [(-0.1, 0.05), (0.1, 0.05), (0.12, low + 0.1), (-0.12, low + 0.1)]
            yield Part("accent", at.closed(strip), clipped=True)
        case "scarf":
            yield Part("accent", at.limb([(0.25, 0.2), (0.4, 0.7), (0.35, 1.15)], [0.3] * 3))
            yield Part("accent", at.ellipse(0, 0.12, 0.68, 0.28))


def _cells(random: Random) -> int:
    """Patchwork, in three of ten clothes."""
    return int(random.integers(5, 12)) if random.random() < 0.3 else 0


def _dress(at: Frame, hip: float, random: Random) -> Iterator[Part]:
    flare, hem = random.uniform(0.1, 0.2), hip + random.uniform(0.0, 0.1) - at.y
    side = [(-0.03, 0), (-0.085, 0.02), (-0.075, 0.13), (-flare, hem), (-0.05, hem + 0.015)]
    folds = [at.stroke([(d, hem - 0.01), (0.8 * d, hem - 0.09)]) for d in (-0.05, 0.06)]
    yield Part("cloth", at.symmetric(side), lines=folds, cells=_cells(random))
    if random.random() < 0.6:
        belt = [(-0.2, 0.12), (0.2, 0.12), (0.2, 0.155), (-0.2, 0.155)]
        yield Part("accent", at.closed(belt), clipped=True)
    if random.random() < 0.4:
        for down in (0.045, 0.085):
            yield Part("eye white", at.ellipse(0, down, 0.012, 0.012), clipped=True)


def _legs(at: Frame, random: Random) -> Iterator[Part]:
    spread, foot = random.uniform(0.04, 0.07), random.uniform(0.22, 0.25)
    cover = str(random.choice(["skin", "trousers"]))
    for sign in (-1, 1):
        knee, half = spread + random.uniform(-0.01, 0.02), at.flipped(sign)
        leg = half.limb([(0.04, -0.05), (knee, 0.12), (knee, foot)], [0.07, 0.06, 0.05])
        yield Part(cover, leg)
        yield Part("shoe", half.ellipse(knee + 0.018, foot + 0.012, 0.05, 0.03))


def _arms(at: Frame, random: Random) -> Iterator[Part]:
    for sign in (-1, 1):
        half, hand = at.flipped(sign), (0.21, 0.1 + random.uniform(-0.12, 0.16))
        yield Part("skin", half.ellipse(*hand, 0.026, 0.026))
        yield Part("cloth", half.limb([(0.06, 0.02), (0.14, 0.1), hand], [0.06, 0.06, 0.045]))
