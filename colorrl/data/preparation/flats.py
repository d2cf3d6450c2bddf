"""Rendered colours to flats (밑색): one colour per region, and how much that keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorrl.data.source import Pixels
from colorrl.types import RegionMap

PAPER = (255, 255, 255, 0)
COARSE = 32  # levels a channel
SHADE = 24  # of 255 a channel: three coarse levels


@dataclass(frozen=True, slots=True)
class Flats:
    """The majority colour of each region, and what was lost on the way."""

    color: Pixels  # (R+1, 4) uint8 RGBA per region id; alpha 0 = unpainted, its colour white
    agreement: float  # share of enclosed pixels whose rendered colour is their region's
    spilled: float  # share of painted paper that lies outside every enclosed region
    painted: float  # share of the page that is painted

    def image(self, region_index: NDArray[np.int32]) -> Pixels:
        """(H, W, 4) uint8 RGBA: each pixel, ink too, in the colour of its ``region_index``."""
        return self.color[region_index]

    @property
    def palette(self) -> list[str]:
        """Distinct colours of painted regions as #rrggbb, sorted."""
        rgb = self.color[1:][self.color[1:, 3] > 0, :3]
        return sorted({"#" + bytes(c.tolist()).hex() for c in rgb})


def quantize(fill: Pixels, paints: NDArray[np.int32]) -> NDArray[np.int64]:
    """(H, W) the nearest of ``paints`` (P, 3), from 1; 0 where ``fill`` is under half opaque."""
    if len(paints) == 0:
        return np.zeros(fill.shape[:2], np.int64)
    distance = ((fill[..., None, :3].astype(np.int32) - paints) ** 2).sum(-1)
    return np.where(fill[..., 3] > 127, distance.argmin(-1) + 1, 0)


def flatten(
    fill: Pixels, regions: RegionMap, paints: tuple[tuple[int, int, int], ...] | None
) -> Flats:
    """Flats of the rendered ``fill`` (H, W, 4) uint8 by ``regions``; ink has no vote.

    ``paints`` are the colours that may be, None: any. Then a region takes its commonest colour,
    and what is as near as SHADE agrees with it.
    """
    label = regions.label.numpy()
    if paints is not None:
        named, color = quantize(fill, np.array(paints, np.int32).reshape(-1, 3)), _table(paints)
        choice = _mode(label, named, regions.n_regions, len(paints) + 1)
        return Flats(color[choice], *_losses(label, named > 0, named == choice[label], regions))
    color = _commonest(fill, label, regions.n_regions)
    opaque = fill[..., 3] > 127
    near = np.abs(fill[..., :3].astype(np.int16) - color[label, :3]).max(-1) <= SHADE
    agrees = np.where(opaque, near & (color[label, 3] > 0), color[label, 3] == 0)
    return Flats(color, *_losses(label, opaque, agrees, regions))


def _table(paints: tuple[tuple[int, int, int], ...]) -> Pixels:
    """(P+1, 4) RGBA: unpainted paper, then each of ``paints``."""
    return np.array([PAPER, *((*p, 255) for p in paints)], np.uint8)


def _mode(
    label: NDArray[np.int32], value: NDArray[np.int64], n_regions: int, n_values: int
) -> NDArray[np.int64]:
    """(R+1,) the commonest ``value`` (H, W) of each region, the lowest among equals; 0 for ink."""
    key, count = np.unique(label.astype(np.int64) * n_values + value, return_counts=True)
    region = key // n_values
    order = np.lexsort((key, -count, region))
    here, first = np.unique(region[order], return_index=True)
    mode = np.zeros(n_regions + 1, np.int64)
    mode[here] = key[order][first] % n_values
    mode[0] = 0
    return mode


def _commonest(fill: Pixels, label: NDArray[np.int32], n_regions: int) -> Pixels:
    """(R+1, 4) each region's commonest colour, or paper if most of it is not painted.

    The commonest of the colours in its commonest cell of COARSE levels a channel: shading must
    not split a colour into many that are each rare.
    """
    rgb = fill[..., :3].astype(np.int64)
    weights = 256 ** np.arange(3)
    opaque = fill[..., 3] > 127
    cell = np.where(opaque, rgb * COARSE // 256 @ weights + 1, 0)
    cells = _mode(label, cell, n_regions, 256**3 + 1)
    inside = (cell == cells[label]) & opaque
    exact = np.where(inside, rgb @ weights + 1, 0)
    chosen = _mode(np.where(inside, label, 0), exact, n_regions, 256**3 + 1)
    color = (chosen[:, None] - 1) // weights % 256
    painted = chosen[:, None] > 0
    rgba = np.concatenate([color, np.full((len(color), 1), 255)], axis=1)
    return np.where(painted, rgba, PAPER).astype(np.uint8)


def _losses(
    label: NDArray[np.int32],
    opaque: NDArray[np.bool_],
    agrees: NDArray[np.bool_],
    regions: RegionMap,
) -> tuple[float, float, float]:
    """Agreement, spilled and painted shares, see `Flats`."""
    enclosed = (label > 0) & (label != regions.background)
    painted = (label > 0) & opaque
    outside = painted & ~enclosed
    return (
        float((enclosed & agrees).sum() / max(1, enclosed.sum())),
        float(outside.sum() / max(1, painted.sum())),
        float(opaque.mean()),
    )
