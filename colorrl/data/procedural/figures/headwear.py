"""Hats and other headwear. ``at`` is the frame of the head: half its height is 1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from colorrl.data.procedural.figures.frame import Frame
from colorrl.data.procedural.figures.part import Part

Random = np.random.Generator


def headwear(at: Frame, random: Random) -> Iterator[Part]:
    """A hat, a bow, glasses, the ears of a cat, a band, or nothing."""
    match random.choice(["nothing", "hat", "bow", "glasses", "cat ears", "band"]):
        case "hat":
            yield from _hat(at, random)
        case "bow":
            temple = at.page_at(0.6, -0.95)
            yield from _bow(Frame(temple.x, temple.y, 0.4 * at.rx, 0.4 * at.ry))
        case "glasses":
            yield from _glasses(at)
        case "cat ears":
            yield from _cat_ears(at)
        case "band":
            above = [(-1.0, -0.55), (-0.6, -1.0), (0, -1.12), (0.6, -1.0), (1.0, -0.55)]
            below = [(0.93, -0.4), (0.55, -0.83), (0, -0.95), (-0.55, -0.83), (-0.93, -0.4)]
            yield Part("accent", at.closed([*above, *below]))


def _hat(at: Frame, random: Random) -> Iterator[Part]:
    tall = random.uniform(1.5, 2.1)
    crown = [(0, -tall), (-0.6, -tall + 0.06), (-0.78, -1.0), (-0.8, -0.62), (-0.2, -0.52)]
    yield Part("hat", at.symmetric(crown))
    band = [(-0.9, -0.98), (0, -0.86), (0.9, -0.98), (0.9, -0.7), (0, -0.56), (-0.9, -0.7)]
    yield Part("accent", at.closed(band), clipped=True)
    brim = [(-1.35, -0.52), (-0.7, -0.72), (0, -0.62), (0.7, -0.72), (1.35, -0.52), (0, -0.36)]
    yield Part("hat", at.closed(brim))


def _bow(at: Frame) -> Iterator[Part]:
    for sign in (-1, 1):
        half = at.flipped(sign)
        wing = [(0.1, 0), (0.6, -0.55), (1.1, -0.5), (1.1, 0.5), (0.6, 0.5)]
        fold = half.stroke([(0.25, 0), (0.65, -0.1)])
        yield Part("accent", half.closed(wing), lines=[fold])
    yield Part("accent", at.ellipse(0, 0, 0.22, 0.26))


def _glasses(at: Frame) -> Iterator[Part]:
    for sign in (-1, 1):
        yield Part("frame", at.ellipse(sign * 0.42, 0.12, 0.36, 0.33))
        yield Part("lens", at.ellipse(sign * 0.42, 0.12, 0.29, 0.26))


def _cat_ears(at: Frame) -> Iterator[Part]:
    ear = np.array([(0.25, -1.05), (0.5, -1.35), (0.85, -1.6), (0.95, -1.2), (0.88, -0.65)])
    inner = (ear - (0.66, -1.1)) * 0.5 + (0.68, -1.12)
    for sign in (-1, 1):
        yield Part("hair", at.flipped(sign).closed(ear))
        yield Part("blush", at.flipped(sign).closed(inner), clipped=True)
