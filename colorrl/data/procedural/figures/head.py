"""A head with its face and hair. ``at`` is the frame of the head: half its height is 1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from colorrl.data.procedural.figures.curves import Curve
from colorrl.data.procedural.figures.frame import Frame
from colorrl.data.procedural.figures.part import Part

Random = np.random.Generator


def hair_behind(at: Frame, random: Random) -> Iterator[Part]:
    """The hair that falls behind a head, and its tails."""
    long = random.choice([0.5, 1.0, 1.7, 2.3], p=[0.3, 0.3, 0.25, 0.15])
    wide = random.uniform(1.0, 1.25)
    side = [(0, -1.18), (-0.75, -0.98), (-wide, -0.2), (-wide, 0.45 * long), (-0.8, 0.75 * long)]
    if random.random() < 0.25:
        for sign in (-1, 1):
            yield _tail(at.flipped(sign), random)
    yield Part("hair", at.symmetric([*side, (-0.3, 0.78 * long)]))


def _tail(at: Frame, random: Random) -> Part:
    drop = random.uniform(0.6, 1.6)
    points = [(0.8, -0.6), (1.5, -0.7), (1.75, 0.1), (1.5, drop), (1.2, 0.5 * drop), (1.0, -0.1)]
    strand = at.stroke([(1.2, -0.4), (1.5, 0.0), (1.45, 0.6 * drop)])
    return Part("hair", at.closed(points), lines=[strand])


def face(at: Frame, random: Random) -> Iterator[Part]:
    """Ears, face, eyes, brows, nose and mouth."""
    chin, jaw = random.uniform(0.95, 1.1), random.uniform(0.45, 0.7)
    for sign in (-1, 1):
        yield _ear(at, sign)
    side = [(0, -1.0), (-0.62, -0.84), (-0.88, -0.2), (-0.8, 0.35), (-jaw, 0.75), (-0.14, chin)]
    yield Part("skin", at.symmetric(side), lines=[_nose(at, random), _mouth(at, random)])
    if random.random() < 0.3:
        yield Part("lips", at.ellipse(0, 0.62, 0.2, random.uniform(0.07, 0.13)), clipped=True)
    if random.random() < 0.35:
        for sign in (-1, 1):
            yield Part("blush", at.ellipse(sign * 0.52, 0.42, 0.17, 0.09), clipped=True)
    open_by, tilt = random.uniform(0.12, 0.24), random.uniform(-0.15, 0.25)
    for sign in (-1, 1):
        yield from _eye(at, sign, open_by, tilt)


def _ear(at: Frame, sign: int) -> Part:
    side = at.flipped(sign)
    fold = side.stroke([(0.88, -0.02), (0.96, 0.08), (0.86, 0.18)])
    return Part("skin", side.ellipse(0.86, 0.08, 0.16, 0.25, -0.15 * sign), lines=[fold])


def _eye(at: Frame, sign: int, open_by: float, tilt: float) -> Iterator[Part]:
    """The left (``sign`` -1) or right eye, ``open_by`` high, its brow at a ``tilt``."""
    x, y = 0.4 * sign, 0.12
    middle = np.array([x, y])
    corner, lift = 0.02 * sign, 0.3 * tilt * sign
    almond = [(-0.22, corner), (-0.1, -open_by), (0.1, -open_by), (0.22, -corner), (0.0, open_by)]
    brow = [(-0.24, -0.34 + lift), (0, -0.44), (0.24, -0.34 - lift)]
    yield Part("eye white", at.closed(almond + middle), lines=[at.stroke(brow + middle)])
    yield Part("iris", at.ellipse(x, y, 0.13, 1.05 * open_by), clipped=True)
    yield Part("pupil", at.ellipse(x, y, 0.06, 0.5 * open_by), clipped=True)


def _nose(at: Frame, random: Random) -> Curve:
    lean = random.choice([-1, 1]) * random.uniform(0.04, 0.1)
    return at.stroke([(0, 0.18), (lean, 0.36), (0.2 * lean, 0.4)])


def _mouth(at: Frame, random: Random) -> Curve:
    smile, wide = random.uniform(-0.06, 0.14), random.uniform(0.16, 0.34)
    return at.stroke([(-wide, 0.62 - smile / 2), (0, 0.62 + smile), (wide, 0.62 - smile / 2)])


def fringe(at: Frame, random: Random) -> Iterator[Part]:
    """The hair over the forehead: a cap with locks."""
    n = int(random.integers(3, 7))
    across = np.linspace(0.92, -0.92, 2 * n + 1)[1:-1]
    deep = np.where(np.arange(2 * n - 1) % 2 == 0, random.uniform(-0.12, 0.1), -0.42)
    deep = deep + random.uniform(-0.1, 0.1, len(deep)) - 0.12 * (1 - np.abs(across))
    crown = [(-1.02, 0.15), (-1.04, -0.35), (-0.72, -0.98), (0, -1.2), (0.72, -0.98), (1.04, -0.35)]
    locks = np.stack([across, deep], axis=1)
    strands = [
        [(t, -1.05), (1.15 * t, -0.8), (1.3 * t, -0.5)] for t in random.uniform(-0.6, 0.6, 3)
    ]
    outline = at.closed([*crown, (1.02, 0.15), *locks])
    yield Part("hair", outline, lines=[at.stroke(s) for s in strands])
