"""A four-legged animal seen from the side, its head towards the viewer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from colorrl.data.procedural.figures.eyes import eyes
from colorrl.data.procedural.figures.frame import Frame
from colorrl.data.procedural.figures.part import Part, coat

Random = np.random.Generator
EARS = {
    "cat": [(0.2, -0.7), (0.55, -1.3), (0.85, -1.55), (0.98, -1.0), (0.9, -0.3)],
    "dog": [(0.45, -0.8), (0.95, -0.9), (1.35, -0.2), (1.3, 0.5), (0.95, 0.5), (0.75, -0.1)],
    "horns": [(0.25, -0.8), (0.4, -1.2), (0.9, -1.65), (0.8, -1.15), (0.62, -0.7)],
    "round": [(0.35, -0.75), (0.45, -1.25), (0.9, -1.35), (1.15, -0.9), (0.85, -0.4)],
}


def beast(random: Random) -> list[Part]:
    """The whole animal."""
    body = Frame(0.54, 0.58, random.uniform(0.24, 0.3), random.uniform(0.14, 0.19))
    neck = body.page_at(-0.85, -0.6)
    return [
        _tail(body.page_at(0.9, -0.3), random),
        *_legs(body, (-0.5, 0.75)),
        _body(body, random),
        *_belly(body, random),
        *_legs(body, (-0.75, 0.5)),
        *_head(neck, random),
    ]


def _body(at: Frame, random: Random) -> Part:
    above = [(-1.0, -0.2), (-0.6, -0.95), (0.1, -0.85), (0.75, -0.9)]
    below = [(1.05, -0.1), (0.8, 0.75), (0, 0.85), (-0.75, 0.8)]
    return Part("fur", at.closed([*above, *below]), cells=coat(random))


def _belly(at: Frame, random: Random) -> Iterator[Part]:
    if random.random() < 0.6:
        yield Part("belly", at.ellipse(-0.2, 0.75, 0.75, 0.45), clipped=True)


def _legs(at: Frame, places: tuple[float, ...]) -> Iterator[Part]:
    """Legs at ``places`` along the body, down to the ground."""
    for place in places:
        hip = at.page_at(place, 0.3)
        knee, foot = 0.78 - hip.y, 0.88 - hip.y
        leg = hip.limb([(0, 0), (-0.01, knee), (0, foot)], [0.1, 0.07, 0.065])
        yield Part("fur", leg)
        yield Part("horn", hip.ellipse(-0.01, foot + 0.01, 0.042, 0.026))


def _tail(at: Frame, random: Random) -> Part:
    lift = random.uniform(-0.25, 0.1)
    bend = [(-0.06, 0.02), (0.08, 0), (0.12, 0.5 * lift), (0.09, lift)]
    return Part("mane", at.limb(bend, [0.05, 0.05, random.uniform(0.05, 0.1), 0.04]))


def _head(neck: Frame, random: Random) -> Iterator[Part]:
    r = random.uniform(0.13, 0.17)
    at = Frame(neck.x - 0.02, neck.y - 0.1, r, r)
    kind = str(random.choice(sorted(EARS)))
    for sign in (-1, 1):
        yield from _ear(kind, at.flipped(sign))
    side = [(0, -0.95), (-0.6, -0.85), (-0.95, -0.1), (-0.75, 0.6), (-0.2, 0.95)]
    yield Part("fur", at.symmetric(side), lines=[*_whiskers(at)])
    if random.random() < 0.5:
        yield Part("patch", at.ellipse(0.4, -0.2, 0.36, 0.42), clipped=True)
    mouth = at.stroke([(-0.2, 0.62), (-0.08, 0.7), (0, 0.52), (0.08, 0.7), (0.2, 0.62)])
    yield Part("belly", at.ellipse(0, 0.5, 0.46, 0.36), lines=[mouth])
    yield Part("pupil", at.ellipse(0, 0.32, 0.16, 0.1))
    yield from eyes(at, [(-0.42, -0.16), (0.42, -0.16)], 0.2, random)
    if random.random() < 0.4:
        yield Part("accent", at.limb([(-0.5, 0.9), (0, 1.08), (0.5, 0.9)], [0.2] * 3))
        yield Part("horn", at.ellipse(0, 1.25, 0.14, 0.16))


def _whiskers(at: Frame) -> Iterator[np.ndarray]:
    for sign in (-1, 1):
        for down in (0, 0.12):
            yield at.flipped(sign).stroke([(0.55, 0.45 + down), (0.85, 0.4 + 1.6 * down)])


def _ear(kind: str, at: Frame) -> Iterator[Part]:
    ear = np.array(EARS[kind])
    yield Part("horn" if kind == "horns" else "fur", at.closed(ear))
    if kind in ("cat", "round"):
        middle = ear.mean(0)
        yield Part("blush", at.closed((ear - middle) * 0.55 + middle), clipped=True)
