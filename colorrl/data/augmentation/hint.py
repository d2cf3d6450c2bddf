"""Colour hints as a person dabs them: small dots that say what colour some regions have."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Generator, Tensor

from colorrl.types import Sketch

# radius of a dot, as a share of the side
RADIUS = 1 / 40


def dotted(sketch: Sketch, n: int, draw: Generator) -> Sketch:
    """``sketch`` with dots of the true colour in up to ``n`` regions, the background left out.

    Raises ValueError for a sketch without flats.
    """
    if sketch.flats is None:
        raise ValueError(f"{sketch.id} has no flats to take hints from")
    regions = [r for r in range(1, sketch.regions.n_regions + 1) if r != sketch.regions.background]
    order = torch.randperm(len(regions), generator=draw)[:n].tolist()
    dots = [dot(sketch.regions.label == regions[i], draw) for i in order]
    if not dots:
        return sketch
    mask = torch.stack(dots).any(0)[None].float()
    return replace(sketch, hint=torch.cat([sketch.flats * mask, mask]))


def dot(region: Tensor, draw: Generator) -> Tensor:
    """(H, W) bool: a disc about a random pixel of ``region`` (H, W) bool, inside it."""
    height, width = region.shape
    place = region.flatten().nonzero()[:, 0]
    at = int(place[int(torch.rand((), generator=draw) * len(place))])
    disc = np.zeros((height, width), np.uint8)
    cv2.circle(disc, (at % width, at // width), max(1, round(RADIUS * height)), 1, -1)
    return region & torch.from_numpy(disc > 0)
