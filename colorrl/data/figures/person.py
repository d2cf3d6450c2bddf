"""People: a portrait cut at the chest, and a small figure from head to foot."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from colorrl.data.figures.curves import closed, ellipse, limb, mirrored, stroke
from colorrl.data.figures.head import face, fringe, hair_behind, worn
from colorrl.data.figures.part import Part

Random = np.random.Generator


def portrait(random: Random) -> list[Part]:
    """Head and shoulders."""
    x, y, r = 0.5, 0.42, random.uniform(0.2, 0.24)
    return [
        *hair_behind(x, y, r, random),
        Part("skin", limb([(x, y + 0.6 * r), (x, y + 1.5 * r)], [0.7 * r, 0.8 * r])),
        *_chest(x, y + 1.25 * r, r, random),
        *_head(x, y, r, random),
    ]


def figure(random: Random) -> list[Part]:
    """A whole small person, standing."""
    x, y, r = 0.5, 0.3, random.uniform(0.14, 0.17)
    hip = 0.68
    return [
        *hair_behind(x, y, r, random),
        *_legs(x, hip, random),
        *_arms(x, y + 1.2 * r, random),
        Part("skin", limb([(x, y + 0.7 * r), (x, y + 1.3 * r)], [0.4 * r, 0.5 * r])),
        *_dress(x, y + 1.1 * r, hip, random),
        *_head(x, y, r, random),
    ]


def _head(x: float, y: float, r: float, random: Random) -> Iterator[Part]:
    yield from face(x, y, r, random)
    if random.random() < 0.92:
        yield from fringe(x, y, r, random)
    yield from worn(x, y, r, random)


def _chest(x: float, y: float, r: float, random: Random) -> Iterator[Part]:
    wide, bottom = random.uniform(1.4, 1.75), random.choice([0.95, 1.04])
    low = (bottom - y) / r
    side = [(-0.32, 0), (-0.8, 0.2), (-wide, 0.55), (-1.1 * wide, low - 0.1), (-1.05 * wide, low)]
    torso = closed(_at([*mirrored(side, 0)], x, y, r))
    folds = [[(s * 0.95, low - 0.1), (s * 0.9, 0.9), (s * 1.0, 0.75)] for s in (-1, 1)]
    lines = [stroke(_at(f, x, y, r)) for f in folds]
    yield Part("cloth", torso, lines=lines, cells=_cells(random))
    match random.choice(["collar", "round", "zip", "scarf"]):
        case "collar":
            for sign in (-1, 1):
                flap = np.array([(0.3, -0.08), (0.75, 0.2), (0.45, 0.75), (0.02, 0.45)]) * (sign, 1)
                yield Part("accent", closed(_at(flap, x, y, r)))
        case "round":
            yield Part("skin", ellipse(x, y + 0.08 * r, 0.42 * r, 0.34 * r), clipped=True)
        case "zip":
            strip = [(-0.1, 0.05), (0.1, 0.05), (0.12, low + 0.1), (-0.12, low + 0.1)]
            yield Part("accent", closed(_at(strip, x, y, r)), clipped=True)
        case "scarf":
            yield Part(
                "accent", limb(_at([(0.25, 0.2), (0.4, 0.7), (0.35, 1.15)], x, y, r), [0.3 * r] * 3)
            )
            yield Part("accent", ellipse(x, y + 0.12 * r, 0.68 * r, 0.28 * r))


def _cells(random: Random) -> int:
    """Patchwork, in three of ten clothes."""
    return int(random.integers(5, 12)) if random.random() < 0.3 else 0


def _dress(x: float, top: float, hip: float, random: Random) -> Iterator[Part]:
    flare, hem = random.uniform(0.1, 0.2), hip + random.uniform(0.0, 0.1)
    side = [(-0.03, top), (-0.085, top + 0.02), (-0.075, top + 0.13), (-flare, hem)]
    outline = closed(mirrored([*side, (-0.05, hem + 0.015)], 0) + np.array([x, 0]))
    folds = [stroke([(x + d, hem - 0.01), (x + 0.8 * d, hem - 0.09)]) for d in (-0.05, 0.06)]
    yield Part("cloth", outline, lines=folds, cells=_cells(random))
    if random.random() < 0.6:
        belt = [
            (x - 0.2, top + 0.12),
            (x + 0.2, top + 0.12),
            (x + 0.2, top + 0.155),
            (x - 0.2, top + 0.155),
        ]
        yield Part("accent", closed(belt), clipped=True)
    if random.random() < 0.4:
        for step in range(2):
            yield Part(
                "eye white", ellipse(x, top + 0.045 + 0.04 * step, 0.012, 0.012), clipped=True
            )


def _legs(x: float, hip: float, random: Random) -> Iterator[Part]:
    spread, foot = random.uniform(0.04, 0.07), random.uniform(0.9, 0.93)
    leg = str(random.choice(["skin", "trousers"]))
    for sign in (-1, 1):
        knee = x + sign * (spread + random.uniform(-0.01, 0.02))
        yield Part(
            leg,
            limb([(x + sign * 0.04, hip - 0.05), (knee, 0.8), (knee, foot)], [0.07, 0.06, 0.05]),
        )
        yield Part("shoe", ellipse(knee + 0.018 * sign, foot + 0.012, 0.05, 0.03))


def _arms(x: float, top: float, random: Random) -> Iterator[Part]:
    for sign in (-1, 1):
        lift = random.uniform(-0.12, 0.16)
        elbow, hand = (x + sign * 0.14, top + 0.1), (x + sign * 0.21, top + 0.1 + lift)
        yield Part("skin", ellipse(*hand, 0.026, 0.026))
        yield Part("cloth", limb([(x + sign * 0.06, top + 0.02), elbow, hand], [0.06, 0.06, 0.045]))


def _at(points: object, x: float, y: float, r: float) -> np.ndarray:
    return np.asarray(points, float) * r + (x, y)
