"""Drawings as artists have them, made by the suite: what a kind does to a clean drawing, by level.

Each kind has five levels, 0 to 4; the third is the usual one. Areas are known, for the clean
drawing is procedural.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.data.procedural import procedural
from colorrl.data.procedural.inking import PLAIN, Inked, Style, ink_strokes
from colorrl.regions.graph import Labels, background_id
from colorrl.seeding import seed_of

Pixels = NDArray[np.uint8]
Random = np.random.Generator
LEVELS = 5
PENCIL = 0.55  # how dark a pencil's line is on its paper


@dataclass(frozen=True, slots=True)
class Case:
    """A drawing of a kind at a level."""

    picture: Pixels  # (H, W, C), C = 1 or 3
    truth: Labels  # (H, W) true areas, 0 = ink
    expected: frozenset[str]  # kinds of notes it must have one of; empty = it needs none


def case(kind: str, level: int, seed: int, size: int) -> Case:
    """The drawing of ``seed`` as ``kind`` at ``level``: at any level the same subject."""
    return KINDS[kind](seed, size, level, np.random.default_rng(seed_of(seed, level)))


def _inked(seed: int, size: int, style: Style = PLAIN) -> Inked:
    strokes = procedural.sketch(seed, size).strokes
    return ink_strokes(strokes, style, np.random.default_rng(seed_of(seed, 1)))


def _bytes(line: NDArray[np.float32]) -> Pixels:
    picture = np.rint(line.clip(0, 1) * 255).astype(np.uint8)
    return picture if picture.ndim == 3 else picture[..., None]


def _case(line: NDArray[np.float32], truth: Labels, *expected: str) -> Case:
    return Case(_bytes(line), truth, frozenset(expected))


def _grain(shape: tuple[int, ...], sigma: float, random: Random) -> NDArray[np.float32]:
    return (random.standard_normal(shape) * sigma).astype(np.float32)


def light(seed: int, size: int, level: int, random: Random) -> Case:
    """Pencil on cream paper; the light falls off by 10 to 50 % across the page."""
    drawn = _inked(seed, size)
    y, x = np.mgrid[0:size, 0:size] / size
    turn = random.uniform(0, 2 * np.pi)
    across = (np.cos(turn) * (x - 0.5) + np.sin(turn) * (y - 0.5)) / np.sqrt(2) + 0.5
    lit = 1 - (0.1 + 0.1 * level) * across**1.5
    pencil = 1 - PENCIL * (1 - drawn.line)
    cream = np.array([0.95, 0.9, 0.78])
    picture = (pencil * lit)[..., None] * cream + _grain((size, size, 1), 0.01, random)
    return _case(picture.astype(np.float32), drawn.label, "paper")


def noise(seed: int, size: int, level: int, random: Random) -> Case:
    """Grain of 1 to 8 % on grey paper, under a pencil's lines."""
    drawn = _inked(seed, size)
    sigma = (0.01, 0.02, 0.04, 0.06, 0.08)[level]
    pencil = 0.92 - PENCIL * (1 - drawn.line)
    return _case(pencil + _grain(drawn.line.shape, sigma, random), drawn.label, "paper")


def jpeg(seed: int, size: int, level: int, random: Random) -> Case:
    """Compressed as a JPEG of quality 90 to 10."""
    drawn = _inked(seed, size)
    quality = (90, 70, 50, 30, 10)[level]
    coded = cv2.imencode(".jpg", _bytes(drawn.line), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return Case(picture[..., None], drawn.label, frozenset())


def show_through(seed: int, size: int, level: int, random: Random) -> Case:
    """Another drawing shows through from the back, at 4 to 20 %."""
    drawn, back = _inked(seed, size), _inked(seed + 1, size)
    faint = cv2.GaussianBlur(1 - back.line[:, ::-1], (0, 0), 1.0) * 0.04 * (1 + level)
    paper = 0.96 - faint + _grain(faint.shape, 0.008, random)
    return _case(paper * (1 - 0.8 * (1 - drawn.line)), drawn.label, "paper")


def tone(seed: int, size: int, level: int, random: Random) -> Case:
    """Dot tone on half of the areas, 10 to 60 % dark."""
    drawn = _inked(seed, size)
    dark = (0.1, 0.2, 0.3, 0.44, 0.6)[level]
    period = max(6.0, size / 60)
    y, x = np.mgrid[0:size, 0:size] * (np.pi * np.sqrt(2) / period)
    screen = (np.cos(x + y) * 0.5 + np.cos(x - y) * 0.5 + 1) / 2
    dots = screen > np.quantile(screen, 1 - dark)
    toned = _some(drawn.label, 0.5, random)
    line = np.where(toned & dots, np.float32(0), drawn.line)
    return _case(line, drawn.label, "tone")


def hatching(seed: int, size: int, level: int, random: Random) -> Case:
    """A tenth to a half of the areas are hatched."""
    drawn = _inked(seed, size, replace(PLAIN, hatching=0.1 * (1 + level)))
    return _case(drawn.line, drawn.label)


def cross_hatching(seed: int, size: int, level: int, random: Random) -> Case:
    """Areas crossed by fine lines from edge to edge, a tenth to a half of them."""
    drawn = _inked(seed, size)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    turn, period = random.uniform(0, np.pi), max(6.0, size / 48)
    fine = np.zeros((size, size), bool)
    for angle in (turn, turn + np.pi / 2):
        fine |= (x * np.cos(angle) + y * np.sin(angle)) % period < 1.5
    line = np.where(_some(drawn.label, 0.1 * (1 + level), random) & fine, np.float32(0), drawn.line)
    return _case(line, drawn.label, "tone")


def gray(seed: int, size: int, level: int, random: Random) -> Case:
    """A third of the areas of a rough are filled with a grey, 20 to 75 % dark."""
    drawn = _inked(seed, size)
    dark = (0.2, 0.35, 0.5, 0.62, 0.75)[level]
    filled = _some(drawn.label, 0.33, random)
    return _case(np.where(filled, drawn.line * (1 - dark), drawn.line), drawn.label)


def negative(seed: int, size: int, level: int, random: Random) -> Case:
    """Light lines on black, grey, blue, red and green paper."""
    drawn = _inked(seed, size)
    paper, line = (
        ((0, 0, 0), (255, 255, 255)),
        ((60, 60, 60), (240, 240, 240)),
        ((16, 40, 120), (235, 240, 255)),
        ((120, 20, 30), (255, 220, 120)),
        ((10, 60, 30), (120, 255, 140)),
    )[level]
    ink = 1 - drawn.line[..., None]
    picture = np.array(paper) * (1 - ink) + np.array(line) * ink
    return Case(np.rint(picture).astype(np.uint8), drawn.label, frozenset({"negative"}))


def strands(seed: int, size: int, level: int, random: Random) -> Case:
    """Strokes from a line into an area that end there: 2 to 10 of them, as strands in hair."""
    drawn = _inked(seed, size)
    ink = np.zeros((size, size), np.uint8)
    inner = _inner(drawn.label)
    for y, x in random.permutation(np.argwhere(inner > 0))[:: max(1, inner.size // 400)]:
        if ink.any() and cv2.connectedComponents(ink)[0] > 2 * (1 + level):
            break
        _strand(ink, drawn.label, (int(y), int(x)), random)
    line = np.where(ink > 0, np.float32(0), drawn.line)
    return _case(line, np.where(ink > 0, 0, drawn.label).astype(np.int32))


def gaps(seed: int, size: int, level: int, random: Random) -> Case:
    """Three gaps in the lines, 4 to 40 px wide. What is too wide to close must be noted."""
    width = (4, 8, 16, 28, 40)[level]
    drawn = _inked(seed, size, replace(PLAIN, gap=width, gaps=3, longest=40))
    return _case(drawn.line, drawn.label, *(["open"] if width > 16 else []))


def scale(seed: int, size: int, level: int, random: Random) -> Case:
    """The clean drawing at a quarter to four times the size."""
    size = round(size * (0.25, 0.5, 1, 2, 4)[level])
    drawn = _inked(seed, size, replace(PLAIN, width=max(1.5, PLAIN.width * size / 384)))
    return _case(drawn.line, drawn.label)


def _some(label: Labels, share: float, random: Random) -> NDArray[np.bool_]:
    """(H, W) a ``share`` of the areas, one at least, the page around them left out."""
    area = np.bincount(label.ravel())
    area[[0, background_id(label)]] = 0
    there = np.flatnonzero(area >= 400)
    n = min(len(there), max(1, round(share * len(there))))
    return np.isin(label, random.choice(there, n, replace=False)) if n else label < 0


def _inner(label: Labels) -> Labels:
    """``label`` without the page around the drawing, and without what is near a line."""
    deep = cv2.distanceTransform((label > 0).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) > 12
    return np.where(deep & (label != background_id(label)), label, 0)


def _strand(ink: Pixels, label: Labels, end: tuple[int, int], random: Random) -> None:
    """A stroke from the nearest line on to ``end``, where it stops."""
    own = label == label[end]
    line = np.argwhere(~own)
    start = line[np.abs(line - np.array(end)).sum(1).argmin()]
    bend = (start + np.array(end)) / 2 + random.normal(0, 3, 2)
    t = np.linspace(0, 1, 24)[:, None]
    way = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * np.array(end)
    cv2.polylines(ink, [np.rint(way[:, ::-1]).astype(np.int32)], False, 1, 3)


KINDS: dict[str, Callable[[int, int, int, Random], Case]] = {
    "light": light,
    "noise": noise,
    "jpeg": jpeg,
    "show_through": show_through,
    "tone": tone,
    "hatching": hatching,
    "cross_hatching": cross_hatching,
    "grey": gray,
    "negative": negative,
    "strands": strands,
    "gaps": gaps,
    "scale": scale,
}
