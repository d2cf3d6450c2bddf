"""The parts of a flat picture: areas of one colour, shades of one thing together, ink apart."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.data.source import Pixels
from colorrl.regions.graph import Labels, areas
from colorrl.regions.nearest import filled

Mask = NDArray[np.bool_]
Ids = NDArray[np.int64]

# Lengths are shares of the page's side, areas shares of the page, colours CIELAB. Chosen by eye on
# contact sheets of noto, twemoji and fluent.
SPECK = 4e-5  # smaller areas belong to their neighbours
NEAR = 9.0  # dE00 up to which neighbours are shades of one thing
RIM = 0.025  # half of the thickness of a rim, which is a shade up to
NEAR_RIM = 13.0  # dE00 where differences of lightness count half
DARK = 34.0  # lightness up to which a small shape is ink
SMALL = 0.022  # area of a dark shape that is still ink
THICK = 0.016  # half of the thickness of a dark shape that is ink however long
THIN = 0.007  # half of the thickness of a coloured shape that is drawn as a stroke
HIGHLIGHT = 0.012  # area of a light spot that is left out
LIGHTER = 12.0  # by which a highlight exceeds the lightness of what it lies on
FEW = 3  # so many spots on one part are highlights, more are a pattern


@dataclass(frozen=True, slots=True)
class Parts:
    """A picture's parts on a page of side S."""

    label: Labels  # (S, S), from 1: the part of each pixel; ink belongs to the nearest
    color: Pixels  # (P+1, 4) RGBA of each part; alpha 0 = the page
    solid: Mask  # (S, S) dark shapes that are ink as they are
    thin: Mask  # (S, S) shapes that are drawn as one stroke


def find_parts(picture: Pixels) -> Parts:
    """The parts of ``picture`` (S, S, 4) RGBA, which has few colours and no antialiasing."""
    label, color = _one_color_areas(picture)
    speck = areas(label) < SPECK * label.size
    label, color = _without(label, color, speck)
    for same_part in (_shades, _highlights):
        owner = same_part(label, color)
        label, color = _renumbered(owner[label], color)
    return _ink_apart(label, color)


def boundaries(label: Labels) -> Mask:
    """(S, S) whether the pixel to the right or below belongs to another part."""
    found = np.zeros(label.shape, np.bool_)
    found[:, :-1] |= label[:, :-1] != label[:, 1:]
    found[:-1] |= label[:-1] != label[1:]
    return found


def _one_color_areas(picture: Pixels) -> tuple[Labels, Pixels]:
    """(S, S) connected areas of one colour, from 1, and the (P+1, 4) RGBA of each."""
    rgba = np.where(picture[..., 3:] > 127, picture, 0).astype(np.int64)
    code = rgba[..., :3] @ np.array([1 << 16, 1 << 8, 1]) + (rgba[..., 3] > 0) * (1 << 24)
    _, index = np.unique(code, return_inverse=True)
    kind = index.reshape(code.shape).astype(np.uint32) + 1
    label = np.asarray(cc3d.connected_components(kind, connectivity=4)).astype(np.int32)
    color = np.zeros((int(label.max()) + 1, 4), np.uint8)
    color[label] = rgba
    color[1:, 3] = np.where(color[1:, 3] > 0, 255, 0)
    return label, color


def _without(label: Labels, color: Pixels, gone: Mask) -> tuple[Labels, Pixels]:
    """``label`` with the parts that ``gone`` (P+1,) names given to the nearest others."""
    return _renumbered(filled(np.where(gone[label], 0, label).astype(np.int32)), color)


def _renumbered(label: Ids | Labels, color: Pixels) -> tuple[Labels, Pixels]:
    """``label`` with its ids from 1 without holes; ``color`` in their order. 0 stays 0."""
    there = np.zeros(len(color), np.bool_)
    there[label] = True
    there[0] = True
    new = (np.cumsum(there) - 1).astype(np.int32)
    return new[label], color[there]


def _neighbors(label: Labels) -> Ids:
    """(E, 2) the pairs of parts that touch, the lower id first."""
    across = np.stack([label[:, :-1].ravel(), label[:, 1:].ravel()])
    down = np.stack([label[:-1].ravel(), label[1:].ravel()])
    pairs = np.concatenate([across, down], 1)
    low, high = np.sort(pairs[:, pairs[0] != pairs[1]].astype(np.int64), axis=0)
    n = int(label.max()) + 1
    return np.stack(np.divmod(np.unique(low * n + high), n), 1)


def _lab(color: Pixels) -> torch.Tensor:
    """(P, 3) CIELAB of ``color`` (P, 4)."""
    return srgb_to_lab(torch.from_numpy(color[:, :3].astype(np.float32) / 255), 1)


def _shades(label: Labels, color: Pixels) -> Ids:
    """(P+1,) the part that each part is a shade of: the largest of the neighbours like it.

    The nearest colours are joined first, and only while the largest parts of both are near: a
    chain of shades does not join its ends.
    """
    lab, area = _lab(color), areas(label)
    thin = _half_thickness(label, len(color)) < RIM * len(label)
    far, rims = (_distances(lab * torch.tensor([weight, 1, 1])) for weight in (1.0, 0.5))
    pairs = [(a, b) for a, b in _neighbors(label) if color[a, 3] and color[b, 3]]
    owner = np.arange(len(color))
    for a, b in sorted(pairs, key=lambda pair: float(far[pair])):
        small, large = sorted((owner[a], owner[b]), key=lambda part: area[part])
        rim = thin[small] and rims[small, large] < NEAR_RIM
        if rim or far[small, large] < NEAR:
            owner[owner == small] = large
    return owner


def _distances(lab: torch.Tensor) -> NDArray[np.float32]:
    """(P, P) dE00 between any two of ``lab`` (P, 3)."""
    return delta_e_2000(lab[:, None], lab[None]).numpy()


def _half_thickness(label: Labels, n: int) -> NDArray[np.float32]:
    """(n,) pixels from the innermost point of each part to its boundary."""
    inner = 1 - cv2.dilate(boundaries(label).astype(np.uint8), np.ones((2, 2), np.uint8))
    half = np.zeros(n, np.float32)
    np.maximum.at(half, label, cv2.distanceTransform(inner, cv2.DIST_L2, cv2.DIST_MASK_5))
    return half


def _highlights(label: Labels, color: Pixels) -> Ids:
    """(P+1,) the part that each part belongs to once small light spots belong to what is around."""
    lightness, area = _lab(color)[:, 0].numpy(), areas(label)
    pairs = _neighbors(label)
    around = np.concatenate([pairs, pairs[:, ::-1]])
    alone = np.bincount(around[:, 0], minlength=len(color)) == 1
    owner = np.arange(len(color))
    for spot, ground in around[alone[around[:, 0]]]:
        light = lightness[spot] - lightness[ground] > LIGHTER
        if light and color[ground, 3] and color[spot, 3] and area[spot] < HIGHLIGHT * label.size:
            owner[spot] = ground
    spots = np.bincount(owner, minlength=len(color)) - 1
    return np.where(spots[owner] <= FEW, owner, np.arange(len(color)))


def _ink_apart(label: Labels, color: Pixels) -> Parts:
    """Small dark shapes and thin shapes as ink, the rest as parts."""
    side = len(label)
    half = _half_thickness(label, len(color))
    rim = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
    inside = ~np.isin(np.arange(len(color)), rim)
    small = (areas(label) < SMALL * label.size) | (half < THICK * side)
    solid = inside & (color[:, 3] > 0) & (_lab(color)[:, 0].numpy() < DARK) & small
    thin = inside & ~solid & (half < THIN * side)
    parts, colors = _without(label, color, solid | thin)
    return Parts(parts, colors, solid[label], thin[label])
