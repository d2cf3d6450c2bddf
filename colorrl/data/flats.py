"""Rendered colours to flats (밑색): one colour per region, and how much that keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorrl.data.render import Pixels
from colorrl.types import RegionMap


@dataclass(frozen=True, slots=True)
class Flats:
    """The majority colour of each region, and what was lost on the way."""

    colour: Pixels  # (R+1, 4) uint8 RGBA per region id; alpha 0 = unpainted, its colour white
    agreement: float  # share of enclosed pixels whose rendered colour is their region's
    spilled: float  # share of painted paper that lies outside every enclosed region
    painted: float  # share of the page that is painted

    def image(self, owner: NDArray[np.int32]) -> Pixels:
        """(H, W, 4) uint8 RGBA: each pixel, ink too, in the colour of its ``owner``."""
        return self.colour[owner]

    @property
    def palette(self) -> list[str]:
        """Distinct colours of painted regions as #rrggbb, sorted."""
        rgb = self.colour[1:][self.colour[1:, 3] > 0, :3]
        return sorted({"#" + bytes(c.tolist()).hex() for c in rgb})


def quantise(fill: Pixels, paints: NDArray[np.int32]) -> NDArray[np.int64]:
    """(H, W) the nearest of ``paints`` (P, 3), from 1; 0 where ``fill`` is under half opaque."""
    if len(paints) == 0:
        return np.zeros(fill.shape[:2], np.int64)
    distance = ((fill[..., None, :3].astype(np.int32) - paints) ** 2).sum(-1)
    return np.where(fill[..., 3] > 127, distance.argmin(-1) + 1, 0)


def flatten(fill: Pixels, regions: RegionMap, paints: tuple[tuple[int, int, int], ...]) -> Flats:
    """Flats of the rendered ``fill`` (H, W, 4) uint8 by ``regions``; ink has no vote."""
    label = regions.label.numpy()
    table = np.array(paints, np.int32).reshape(-1, 3)
    named = quantise(fill, table)
    n = len(table) + 1
    key = label.astype(np.int64) * n + named
    votes = np.bincount(key.ravel(), minlength=(regions.n_regions + 1) * n).reshape(-1, n)
    choice = votes.argmax(1)
    choice[0] = 0
    paper = np.array([[255, 255, 255, 0]], np.uint8)
    opaque = np.concatenate([table.astype(np.uint8), np.full((n - 1, 1), 255, np.uint8)], axis=1)
    return Flats(np.concatenate([paper, opaque])[choice], *_losses(label, named, choice, regions))


def _losses(
    label: NDArray[np.int32],
    named: NDArray[np.int64],
    choice: NDArray[np.int64],
    regions: RegionMap,
) -> tuple[float, float, float]:
    """Agreement, spilled and painted shares, see `Flats`."""
    enclosed = (label > 0) & (label != regions.background)
    right = enclosed & (named == choice[label])
    painted = (label > 0) & (named > 0)
    outside = painted & ~enclosed
    return (
        float(right.sum() / max(1, enclosed.sum())),
        float(outside.sum() / max(1, painted.sum())),
        float((named > 0).mean()),
    )
