"""Creatures: four-legged beasts, birds and fish, with patches, bellies and scales."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from colorrl.data.figures.curves import closed, ellipse, limb, mirrored, stroke
from colorrl.data.figures.part import Part

Random = np.random.Generator


def beast(random: Random) -> list[Part]:
    """A four-legged animal seen from the side, its head towards the viewer."""
    long, high = random.uniform(0.24, 0.3), random.uniform(0.14, 0.19)
    x, y = 0.54, 0.58
    neck = (x - 0.85 * long, y - 0.6 * high)
    return [
        _tail(x + 0.9 * long, y - 0.3 * high, random),
        *_legs(x, y, long, high, [-0.5, 0.75]),
        _body(x, y, long, high, random),
        *_belly(x, y, long, high, random),
        *_legs(x, y, long, high, [-0.75, 0.5]),
        *_muzzled_head(neck[0] - 0.02, neck[1] - 0.1, random.uniform(0.13, 0.17), random),
    ]


def bird(random: Random) -> list[Part]:
    """A round bird on its feet."""
    x, y, r = 0.5, 0.52, random.uniform(0.22, 0.27)
    feet = [
        limb([(x + s * 0.08, y + 0.8 * r), (x + s * 0.09, 0.9)], [0.025, 0.02]) for s in (-1, 1)
    ]
    toes = [ellipse(x + s * 0.1 - 0.02, 0.9, 0.05, 0.018) for s in (-1, 1)]
    fan = [[(x + 0.7 * r, y + 0.3 * r), (x + 1.5 * r, y + d * r)] for d in (0.0, 0.35, 0.7)]
    side = [(0, -1.0), (-0.5, -0.92), (-0.82, -0.3), (-1.0, 0.3), (-0.7, 0.88)]
    body = closed(mirrored(side, 0) * r + (x, y))
    wing = np.array(
        [(-0.1, -0.1), (0.5, -0.2), (0.95, 0.3), (1.05, 0.75), (0.5, 0.7), (0.05, 0.35)]
    )
    feathers = [[(0.2 + d, 0.1), (0.5 + d, 0.25), (0.65 + d, 0.5)] for d in (0.0, 0.2)]
    return [
        *[Part("horn", f) for f in feet + toes],
        *[Part("mane", limb(f, [0.3 * r, 0.36 * r])) for f in fan],
        Part("fur", body, cells=_cells(random)),
        Part("belly", ellipse(x - 0.25 * r, y + 0.45 * r, 0.55 * r, 0.6 * r), clipped=True),
        Part(
            "mane",
            closed(wing * r + (x, y)),
            lines=[stroke(np.array(f) * r + (x, y)) for f in feathers],
        ),
        *_crest(x, y - 0.95 * r, r, random),
        *_eyes([x - 0.5 * r, x + 0.05 * r], y - 0.5 * r, 0.16 * r, random),
        Part(
            "horn",
            closed(
                np.array([(-0.42, -0.3), (-0.2, -0.42), (-0.02, -0.28), (-0.25, 0.0)]) * r + (x, y)
            ),
        ),
    ]


def fish(random: Random) -> list[Part]:
    """A fish with fins, stripes or scales."""
    x, y, long, high = 0.47, 0.5, random.uniform(0.26, 0.31), random.uniform(0.16, 0.22)
    tail = np.array([(0.85, 0), (1.35, -0.8), (1.55, -0.6), (1.35, 0), (1.55, 0.6), (1.35, 0.8)])
    fin = np.array([(-0.35, -0.8), (0.0, -1.55), (0.5, -1.4), (0.6, -0.6)])
    rays = [[(1.1, 0.1 * s), (1.3, 0.45 * s)] for s in (-1, 0.2, 1)]
    scale = (long, high)
    side = [
        (-1.0, 0.05),
        (-0.6, -0.75),
        (0.1, -0.95),
        (0.75, -0.4),
        (1.0, 0),
        (0.75, 0.4),
        (0.1, 0.95),
        (-0.6, 0.8),
    ]
    stripe = [[(d, -1.1), (d + 0.12, 0), (d, 1.1)] for d in (0.1, 0.5)]
    striped = random.random() < 0.5
    stripes = [
        Part("patch", limb(np.array(s) * scale + (x, y), [0.06] * 3), clipped=True) for s in stripe
    ]
    return [
        Part(
            "mane",
            closed(tail * scale + (x, y)),
            lines=[stroke(np.array(r) * scale + (x, y)) for r in rays],
        ),
        Part("mane", closed(fin * scale + (x, y))),
        Part("mane", closed(fin * (0.7, -0.8) * scale + (x, y))),
        Part(
            "fur", closed(np.array(side) * scale + (x, y)), cells=0 if striped else _cells(random)
        ),
        *(stripes if striped else []),
        Part(
            "belly",
            closed(
                np.array([(-1.2, -0.9), (-0.5, -0.9), (-0.32, 0), (-0.5, 0.9), (-1.2, 0.9)]) * scale
                + (x, y)
            ),
            clipped=True,
        ),
        Part(
            "mane",
            closed(np.array([(0, 0.1), (0.45, 0.1), (0.5, 0.5), (0.15, 0.45)]) * scale + (x, y)),
        ),
        *_eyes([x - 0.62 * long], y - 0.2 * high, 0.045, random),
    ]


def _body(x: float, y: float, long: float, high: float, random: Random) -> Part:
    side = [
        (-1.0, -0.2),
        (-0.6, -0.95),
        (0.1, -0.85),
        (0.75, -0.9),
        (1.05, -0.1),
        (0.8, 0.75),
        (0, 0.85),
        (-0.75, 0.8),
    ]
    return Part("fur", closed(np.array(side) * (long, high) + (x, y)), cells=_cells(random))


def _cells(random: Random) -> int:
    """A patched coat, on four of ten creatures."""
    return int(random.integers(6, 15)) if random.random() < 0.4 else 0


def _belly(x: float, y: float, long: float, high: float, random: Random) -> Iterator[Part]:
    if random.random() < 0.6:
        yield Part(
            "belly", ellipse(x - 0.05, y + 0.75 * high, 0.75 * long, 0.45 * high), clipped=True
        )


def _legs(x: float, y: float, long: float, high: float, at: list[float]) -> Iterator[Part]:
    for share in at:
        knee, foot = x + share * long, 0.88
        yield Part(
            "fur",
            limb([(knee, y + 0.3 * high), (knee - 0.01, 0.78), (knee, foot)], [0.1, 0.07, 0.065]),
        )
        yield Part("horn", ellipse(knee - 0.01, foot + 0.01, 0.042, 0.026))


def _tail(x: float, y: float, random: Random) -> Part:
    lift = random.uniform(-0.25, 0.1)
    bend = [(x - 0.06, y + 0.02), (x + 0.08, y), (x + 0.12, y + 0.5 * lift), (x + 0.09, y + lift)]
    return Part("mane", limb(bend, [0.05, 0.05, random.uniform(0.05, 0.1), 0.04]))


def _muzzled_head(x: float, y: float, r: float, random: Random) -> Iterator[Part]:
    kind = random.choice(["cat", "dog", "horns", "round"])
    for sign in (-1, 1):
        yield from _ear(str(kind), x, y, r, sign)
    side = [(0, -0.95), (-0.6, -0.85), (-0.95, -0.1), (-0.75, 0.6), (-0.2, 0.95)]
    whiskers = [
        [(s * 0.55, 0.45 + d), (s * 0.85, 0.4 + 1.6 * d)] for s in (-1, 1) for d in (0, 0.12)
    ]
    lines = [stroke(np.array(w) * r + (x, y)) for w in whiskers]
    yield Part("fur", closed(mirrored(side, 0) * r + (x, y)), lines=lines)
    if random.random() < 0.5:
        yield Part("patch", ellipse(x + 0.4 * r, y - 0.2 * r, 0.36 * r, 0.42 * r), clipped=True)
    mouth = [(-0.2, 0.62), (-0.08, 0.7), (0, 0.52), (0.08, 0.7), (0.2, 0.62)]
    yield Part(
        "belly",
        ellipse(x, y + 0.5 * r, 0.46 * r, 0.36 * r),
        lines=[stroke(np.array(mouth) * r + (x, y))],
    )
    yield Part("pupil", ellipse(x, y + 0.32 * r, 0.16 * r, 0.1 * r))
    yield from _eyes([x - 0.42 * r, x + 0.42 * r], y - 0.16 * r, 0.2 * r, random)
    if random.random() < 0.4:
        collar = limb(
            [(x - 0.5 * r, y + 0.9 * r), (x, y + 1.08 * r), (x + 0.5 * r, y + 0.9 * r)],
            [0.2 * r] * 3,
        )
        yield Part("accent", collar)
        yield Part("horn", ellipse(x, y + 1.25 * r, 0.14 * r, 0.16 * r))


def _ear(kind: str, x: float, y: float, r: float, sign: int) -> Iterator[Part]:
    shapes = {
        "cat": [(0.2, -0.7), (0.55, -1.3), (0.85, -1.55), (0.98, -1.0), (0.9, -0.3)],
        "dog": [(0.45, -0.8), (0.95, -0.9), (1.35, -0.2), (1.3, 0.5), (0.95, 0.5), (0.75, -0.1)],
        "round": [(0.35, -0.75), (0.45, -1.25), (0.9, -1.35), (1.15, -0.9), (0.85, -0.4)],
        "horns": [(0.25, -0.8), (0.4, -1.2), (0.9, -1.65), (0.8, -1.15), (0.62, -0.7)],
    }
    ear = np.array(shapes[kind]) * (sign, 1) * r + (x, y)
    yield Part("horn" if kind == "horns" else "fur", closed(ear))
    if kind in ("cat", "round"):
        yield Part("blush", closed((ear - ear.mean(0)) * 0.55 + ear.mean(0)), clipped=True)


def _crest(x: float, y: float, r: float, random: Random) -> Iterator[Part]:
    if random.random() < 0.6:
        for lean in (-0.35, 0.0, 0.35):
            tip = [
                (x, y + 0.15 * r),
                (x + 0.5 * lean * r, y - 0.15 * r),
                (x + lean * r, y - 0.35 * r),
            ]
            yield Part("accent", limb(tip, [0.12 * r, 0.16 * r, 0.08 * r]))


def _eyes(at: list[float], y: float, r: float, random: Random) -> Iterator[Part]:
    look = random.uniform(-0.3, 0.3) * r
    for x in at:
        yield Part("eye white", ellipse(x, y, r, 1.15 * r))
        yield Part("pupil", ellipse(x + look, y + 0.1 * r, 0.5 * r, 0.6 * r), clipped=True)
