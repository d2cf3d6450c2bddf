"""Where the strokes of a line art end, and where they point.

An end is a tip of the skeleton that is no spur (a short branch that a corner or a square end
grows). All tips walk along the skeleton at once, one pixel a step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from skimage.morphology import skeletonize

from colorrl.regions.ink import Mask
from colorrl.regions.nearest import beyond

Points = NDArray[np.float32]
Steps = NDArray[np.int64]

# a stroke bends near its end: so far aside of its chord, in widths, a pixel more; a leg before the
# bend is so long at least, two pixels more
BENT, SHORTEST = 0.25, 0.25

# an end is of hatching if so many others lie within so many widths and point the same way (cosine)
PARALLEL, BESIDE, SAME_WAY = 2, 10.0, 0.97

# the eight neighbours, around the clock from above: row and column steps
RING = np.array([(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)])


@dataclass(frozen=True, slots=True)
class Ends:
    """The free ends of the strokes of a drawing."""

    at: Points  # (K, 2) row and column of the last ink, in pixels
    towards: Points  # (K, 2) unit vector along the stroke, out of its end

    def __len__(self) -> int:
        return len(self.at)

    def select(self, which: Mask) -> Ends:
        """Those where ``which`` (K,) is true."""
        return Ends(self.at[which], self.towards[which])


def stroke_ends(ink: Mask, width: float) -> Ends:
    """The ends of the strokes of ``ink`` (H, W), whose lines are ``width`` px wide.

    A branch shorter than ``width`` is a spur. Strokes that leave the page do not end, nor do
    blots: a skeleton ends within a black shape too.
    """
    spur = math.ceil(width) + 1
    pad = 2 * spur
    # strokes run on beyond the border, where their ends are left out
    padded = np.pad(ink, pad, mode="edge")
    bone = skeletonize(padded).astype(np.uint8)
    for _ in range(2):  # a square end has two spurs, and is a tip without them
        path, length, forked = _walk(bone, spur)
        short = path[forked]
        reached = np.arange(path.shape[1]) < length[forked, None]
        bone[short[reached][:, 0], short[reached][:, 1]] = 0
    reach = math.ceil(width / 2)
    path, length, _ = _walk(bone, reach + 2 * spur + 2)
    inside = ((path[:, 0] >= pad) & (path[:, 0] < np.array(padded.shape) - pad)).all(axis=1)
    path, length = path[inside & (length > 1)], length[inside & (length > 1)]
    start, towards = _tangent(path, *_before_bend(path, length, reach, width))
    thin = ~beyond(~padded, width)[tuple(start.astype(int).T)]
    start, towards, tip = start[thin], towards[thin], path[thin, 0]
    at = _last_ink(padded, start, tip, towards, 2 * width + 2) - pad
    return Ends(at.clip(0, np.array(ink.shape) - 1).astype(np.float32), towards)


def hatching(ends: Ends, width: float) -> Mask:
    """(K,) True for ends of strokes that run side by side, in lines ``width`` px wide.

    So many as PARALLEL others must end near one and point the same way: those of a gap face it.
    """
    if len(ends) <= PARALLEL:
        return np.zeros(len(ends), bool)
    near = cKDTree(ends.at).query_pairs(BESIDE * width, output_type="ndarray")
    one, other = near[:, 0], near[:, 1]
    alike = (ends.towards[one] * ends.towards[other]).sum(1) >= SAME_WAY
    count = np.bincount(near[alike].ravel(), minlength=len(ends))
    return np.asarray(count >= PARALLEL)


def _walk(bone: NDArray[np.uint8], n_steps: int) -> tuple[Steps, Steps, Mask]:
    """From every tip of ``bone`` along it: paths (K, n_steps + 1, 2) and how far each goes.

    A path stops at the end of its branch or before a fork (third value: it met one); beyond its
    length (K,) it repeats its last pixel.
    """
    code = _ring_code(bone)
    here = np.argwhere((bone > 0) & TIP[code])
    path = np.repeat(here[:, None], n_steps + 1, axis=1)
    length = np.zeros(len(here), np.int64)
    forked = np.zeros(len(here), bool)
    going = np.ones(len(here), bool)
    allowed = np.full(len(here), 255, np.uint8)
    for step in range(1, n_steps + 1):
        ahead = code[here[:, 0], here[:, 1]] & allowed
        forked |= going & FORK[ahead]
        going &= (ahead > 0) & ~FORK[ahead]
        way = WAY[ahead]
        here = here + np.where(going[:, None], RING[way], 0)
        allowed = np.where(going, AHEAD[way], allowed).astype(np.uint8)
        length += going
        path[:, step] = here
    return path, length, forked


def _ring_code(bone: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) one bit for each neighbour in ``RING``."""
    kernel = np.zeros((3, 3), np.float32)
    kernel[RING[:, 0] + 1, RING[:, 1] + 1] = 2.0 ** np.arange(8)
    code = cv2.filter2D(bone, cv2.CV_8U, kernel, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(code, np.uint8)


def _before_bend(path: Steps, length: Steps, skip: int, width: float) -> tuple[Steps, Steps]:
    """(K,) where the trusted part of each path starts and ends: the leg of a hook, not its stem.

    The first ``skip`` pixels lean to a corner of the stroke's end; of a short leg, half of it do.
    """
    step = np.arange(path.shape[1])
    end = path[np.arange(len(path)), length][:, None]
    chord = (end - path[:, :1]) / np.maximum(length, 1)[:, None, None]
    off = path - path[:, :1]
    aside = abs(off[..., 0] * chord[..., 1] - off[..., 1] * chord[..., 0])
    aside /= np.maximum(np.linalg.norm(chord, axis=2), 1e-6)
    aside[step > length[:, None]] = 0
    bend = aside.argmax(axis=1)
    bent = (aside.max(axis=1) > BENT * width + 1) & (bend >= SHORTEST * width + 2)
    length = np.where(bent, bend, length)
    return np.minimum(np.where(bent, np.minimum(skip, bend // 2), skip), length - 1), length


def _tangent(path: Steps, first: Steps, length: Steps) -> tuple[Points, Points]:
    """Where the trusted part of each path starts (K, 2), and its direction towards the tip.

    Least squares from step ``first`` (K,) to ``length`` (K,).
    """
    step = np.arange(path.shape[1])
    used = ((step >= first[:, None]) & (step <= length[:, None])).astype(np.float32)
    n = used.sum(axis=1, keepdims=True)
    lag = (step - (used * step).sum(axis=1, keepdims=True) / n) * used
    slope = -(lag[..., None] * path).sum(axis=1)
    towards = slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-6)
    return path[np.arange(len(path)), first].astype(np.float32), towards.astype(np.float32)


def _last_ink(ink: Mask, start: Points, tip: Steps, towards: Points, far: float) -> Points:
    """(K, 2) the last ink on the way from ``start`` along ``towards``, at most ``far`` px on.

    A thin stroke winds out of that way: where its ``tip`` lies farther on, it is that.
    """
    step = np.arange(0, far, 0.5)
    way = start[:, None] + step[None, :, None] * towards[:, None]
    y, x = np.rint(way).astype(int).transpose(2, 0, 1)
    inked = ink[y.clip(0, ink.shape[0] - 1), x.clip(0, ink.shape[1] - 1)]
    last = np.maximum(np.logical_and.accumulate(inked, axis=1).sum(axis=1) - 1, 0)
    beyond = ((tip - start) * towards).sum(axis=1) > step[last]
    return np.where(beyond[:, None], tip, way[np.arange(len(way)), last])


def _tables() -> tuple[Mask, Mask, NDArray[np.uint8], NDArray[np.uint8]]:
    """What the 256 ring codes mean: TIP, FORK and WAY; and what lies AHEAD of each way."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1  # (256, 8)
    diagonal = np.arange(8) % 2 == 1
    after, before = np.roll(bits, -1, axis=1), np.roll(bits, 1, axis=1)
    # neighbours touch when they follow each other on the ring; two straight ones do across a corner
    corner = diagonal & (bits == 0) & (after == 1) & (before == 1)
    joined = bits + corner
    runs = ((joined == 1) & (np.roll(joined, 1, axis=1) == 0)).sum(axis=1)
    count = bits.sum(axis=1)
    fork = (runs > 1) | (count > 2)
    tip = (runs <= 1) & (count <= 2)
    # of a straight and a diagonal neighbour that touch, the diagonal one lies farther on
    way = np.where(bits == 1, 1 + diagonal, 0).argmax(axis=1)
    # ahead is what does not touch the pixel one comes from
    gap = np.abs(RING[:, None] + RING[None]).max(axis=2)  # from -way to each neighbour
    ahead = ((gap > 1) * 2 ** np.arange(8)).sum(axis=1)
    return tip, fork, way.astype(np.uint8), ahead.astype(np.uint8)


TIP, FORK, WAY, AHEAD = _tables()
