"""A head with face, hair and what is worn on it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from colorrl.data.figures.curves import closed, ellipse, mirrored, stroke
from colorrl.data.figures.part import Part

Random = np.random.Generator


def hair_behind(x: float, y: float, r: float, random: Random) -> Iterator[Part]:
    """The hair that falls behind a head of half height ``r`` about (x, y), and its tails."""
    long = random.choice([0.5, 1.0, 1.7, 2.3], p=[0.3, 0.3, 0.25, 0.15])
    wide = random.uniform(1.0, 1.25)
    side = [(0, -1.18), (-0.75, -0.98), (-wide, -0.2), (-wide, 0.45 * long), (-0.8, 0.75 * long)]
    fall = closed(_placed(mirrored([*side, (-0.3, 0.78 * long)], 0), x, y, r))
    if random.random() < 0.25:
        for sign in (-1, 1):
            yield _tail(x, y, r, sign, random)
    yield Part("hair", fall)


def _tail(x: float, y: float, r: float, sign: int, random: Random) -> Part:
    drop = random.uniform(0.6, 1.6)
    points = [(0.8, -0.6), (1.5, -0.7), (1.75, 0.1), (1.5, drop), (1.2, 0.5 * drop), (1.0, -0.1)]
    outline = closed(_placed(np.array(points) * (sign, 1), x, y, r))
    strand = stroke(
        _placed(np.array([(1.2, -0.4), (1.5, 0.0), (1.45, 0.6 * drop)]) * (sign, 1), x, y, r)
    )
    return Part("hair", outline, lines=[strand])


def face(x: float, y: float, r: float, random: Random) -> Iterator[Part]:
    """Ears, face, eyes, brows, nose and mouth."""
    chin, jaw = random.uniform(0.95, 1.1), random.uniform(0.45, 0.7)
    for sign in (-1, 1):
        yield _ear(x + sign * 0.86 * r, y + 0.08 * r, r, sign)
    side = [(0, -1.0), (-0.62, -0.84), (-0.88, -0.2), (-0.8, 0.35), (-jaw, 0.75), (-0.14, chin)]
    skull = closed(_placed(mirrored(side, 0), x, y, r))
    yield Part("skin", skull, lines=[*_nose(x, y, r, random), *_mouth(x, y, r, random)])
    if random.random() < 0.3:
        yield Part("lips", ellipse(x, y + 0.62 * r, 0.2 * r, random.uniform(0.07, 0.13) * r), True)
    if random.random() < 0.35:
        for sign in (-1, 1):
            yield Part(
                "blush", ellipse(x + sign * 0.52 * r, y + 0.42 * r, 0.17 * r, 0.09 * r), True
            )
    open_by, tilt = random.uniform(0.12, 0.24), random.uniform(-0.15, 0.25)
    for sign in (-1, 1):
        yield from _eye(x + sign * 0.4 * r, y + 0.12 * r, r, sign, open_by, tilt)


def _ear(x: float, y: float, r: float, sign: int) -> Part:
    fold = stroke([(x + 0.02 * sign * r, y - 0.1 * r), (x + 0.1 * sign * r, y), (x, y + 0.1 * r)])
    return Part("skin", ellipse(x, y, 0.16 * r, 0.25 * r, -0.15 * sign), lines=[fold])


def _eye(x: float, y: float, r: float, sign: int, open_by: float, tilt: float) -> Iterator[Part]:
    corner = 0.02 * sign
    almond = [(-0.22, corner), (-0.1, -open_by), (0.1, -open_by), (0.22, -corner), (0.0, open_by)]
    brow = [(-0.24, -0.34 + tilt * sign * 0.3), (0, -0.44), (0.24, -0.34 - tilt * sign * 0.3)]
    outline = closed(_placed(almond, x, y, r))
    yield Part("eye white", outline, lines=[stroke(_placed(brow, x, y, r))])
    yield Part("iris", ellipse(x, y, 0.13 * r, 1.05 * open_by * r), True)
    yield Part("pupil", ellipse(x, y, 0.06 * r, 0.5 * open_by * r), True)


def _nose(x: float, y: float, r: float, random: Random) -> list[np.ndarray]:
    lean = random.choice([-1, 1]) * random.uniform(0.04, 0.1)
    bridge = [(0, 0.18), (lean, 0.36), (0.2 * lean, 0.4)]
    return [stroke(_placed(bridge, x, y, r))]


def _mouth(x: float, y: float, r: float, random: Random) -> list[np.ndarray]:
    smile, wide = random.uniform(-0.06, 0.14), random.uniform(0.16, 0.34)
    curve = [(-wide, 0.62 - smile / 2), (0, 0.62 + smile), (wide, 0.62 - smile / 2)]
    return [stroke(_placed(curve, x, y, r))]


def fringe(x: float, y: float, r: float, random: Random) -> Iterator[Part]:
    """The hair over the forehead: a cap with locks, or a parting."""
    n = int(random.integers(3, 7))
    across = np.linspace(0.92, -0.92, 2 * n + 1)[1:-1]
    deep = np.where(np.arange(2 * n - 1) % 2 == 0, random.uniform(-0.12, 0.1), -0.42)
    deep = deep + random.uniform(-0.1, 0.1, len(deep)) - 0.12 * (1 - np.abs(across))
    crown = [(-1.02, 0.15), (-1.04, -0.35), (-0.72, -0.98), (0, -1.2), (0.72, -0.98), (1.04, -0.35)]
    locks = np.stack([across, deep], axis=1)
    outline = closed(_placed([*crown, (1.02, 0.15), *locks], x, y, r))
    tops = random.uniform(-0.6, 0.6, 3)
    strands = [[(t, -1.05), (1.15 * t, -0.8), (1.3 * t, -0.5)] for t in tops]
    yield Part("hair", outline, lines=[stroke(_placed(s, x, y, r)) for s in strands])


def worn(x: float, y: float, r: float, random: Random) -> Iterator[Part]:
    """A hat, a bow, glasses or nothing."""
    match random.choice(["nothing", "hat", "bow", "glasses", "cat ears", "band"]):
        case "hat":
            yield from _hat(x, y, r, random)
        case "bow":
            yield from _bow(x + 0.6 * r, y - 0.95 * r, 0.4 * r)
        case "glasses":
            yield from _glasses(x, y + 0.12 * r, r)
        case "cat ears":
            yield from _cat_ears(x, y, r)
        case "band":
            side = [(-1.0, -0.55), (-0.6, -1.0), (0, -1.12), (0.6, -1.0), (1.0, -0.55)]
            below = [(0.93, -0.4), (0.55, -0.83), (0, -0.95), (-0.55, -0.83), (-0.93, -0.4)]
            yield Part("accent", closed(_placed([*side, *below], x, y, r)))


def _hat(x: float, y: float, r: float, random: Random) -> Iterator[Part]:
    tall = random.uniform(1.5, 2.1)
    crown = [(0, -tall), (-0.6, -tall + 0.06), (-0.78, -1.0), (-0.8, -0.62), (-0.2, -0.52)]
    yield Part("hat", closed(_placed(mirrored(crown, 0), x, y, r)))
    band = [(-0.9, -0.98), (0, -0.86), (0.9, -0.98), (0.9, -0.7), (0, -0.56), (-0.9, -0.7)]
    yield Part("accent", closed(_placed(band, x, y, r)), clipped=True)
    brim = [(-1.35, -0.52), (-0.7, -0.72), (0, -0.62), (0.7, -0.72), (1.35, -0.52), (0, -0.36)]
    yield Part("hat", closed(_placed(brim, x, y, r)))


def _bow(x: float, y: float, r: float) -> Iterator[Part]:
    for sign in (-1, 1):
        wing = np.array([(0.1, 0), (0.6, -0.55), (1.1, -0.5), (1.1, 0.5), (0.6, 0.5)]) * (sign, 1)
        fold = stroke(_placed(np.array([(0.25, 0), (0.65, -0.1)]) * (sign, 1), x, y, r))
        yield Part("accent", closed(_placed(wing, x, y, r)), lines=[fold])
    yield Part("accent", ellipse(x, y, 0.22 * r, 0.26 * r))


def _glasses(x: float, y: float, r: float) -> Iterator[Part]:
    for sign in (-1, 1):
        yield Part("frame", ellipse(x + sign * 0.42 * r, y, 0.36 * r, 0.33 * r))
        yield Part("lens", ellipse(x + sign * 0.42 * r, y, 0.29 * r, 0.26 * r))


def _cat_ears(x: float, y: float, r: float) -> Iterator[Part]:
    for sign in (-1, 1):
        ear = np.array([(0.25, -1.05), (0.5, -1.35), (0.85, -1.6), (0.95, -1.2), (0.88, -0.65)])
        yield Part("hair", closed(_placed(ear * (sign, 1), x, y, r)))
        inner = (ear - (0.66, -1.1)) * 0.5 + (0.68, -1.12)
        yield Part("blush", closed(_placed(inner * (sign, 1), x, y, r)), clipped=True)


def _placed(points: object, x: float, y: float, r: float) -> np.ndarray:
    return np.asarray(points, float) * r + (x, y)
