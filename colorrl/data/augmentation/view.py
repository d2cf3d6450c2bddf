"""A sketch seen otherwise: mirrored, moved, a part of it. Its regions move along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from colorrl.config.schema.data import AugmentConfig
from colorrl.data.colors import paint, palette_of, region_colors
from colorrl.regions.graph import build, region_weight
from colorrl.types import RegionMap, Sketch

Matrix = NDArray[np.float64]


def mirror(sketch: Sketch) -> Sketch:
    """``sketch`` left to right."""
    regions = replace(
        sketch.regions,
        label=sketch.regions.label.flip(-1),
        region_index=sketch.regions.region_index.flip(-1),
        across=sketch.regions.across.flip(-1),
    )
    pictures = {k: getattr(sketch, k) for k in ("line", "flats", "alpha", "fill")}
    flipped = {k: v.flip(-1) for k, v in pictures.items() if v is not None}
    return replace(sketch, regions=regions, **flipped)


def random_affine(size: int, cfg: AugmentConfig, draw: Generator) -> Matrix:
    """(2, 3) a turn by up to ``max_turn`` degrees, a scaling by up to ``max_scale`` either way, a
    shift by up to ``max_shift`` of the side, about the centre of a square of ``size`` px."""
    turn, grow, right, down = (2 * torch.rand(4, generator=draw) - 1).tolist()
    center = ((size - 1) / 2, (size - 1) / 2)
    matrix = cv2.getRotationMatrix2D(center, turn * cfg.max_turn, 1 + grow * cfg.max_scale)
    shift = np.array([[0, 0, right], [0, 0, down]]) * cfg.max_shift * size
    return np.asarray(matrix, np.float64) + shift


def warp(sketch: Sketch, matrix: Matrix) -> Sketch:
    """``sketch`` moved by the affine ``matrix`` (2, 3); regions that leave the page are dropped.

    New paper belongs to the background. Flats stay one colour per region.
    """
    shape, background = sketch.line.shape[-2:], sketch.regions.background
    moved = _moved(sketch.regions.label.numpy(), matrix, cv2.INTER_NEAREST, background)
    kept, label = np.unique(np.append(moved, 0), return_inverse=True)  # 0 stays first: ink
    regions = build(label[:-1].reshape(shape).astype(np.int32), sketch.regions.sha)
    line = _moved(sketch.line[0].numpy(), matrix, cv2.INTER_LINEAR, 1.0)
    color = region_colors(picture_of(sketch), sketch.regions)[torch.from_numpy(kept).long()]
    picture = paint(color, regions.region_index)
    fill = sketch.fill
    if fill is not None:
        layers = [_moved(layer, matrix, cv2.INTER_LINEAR, 0.0) for layer in fill.numpy()]
        fill = torch.from_numpy(np.stack(layers))
    return replace(
        sketch,
        line=torch.from_numpy(line)[None],
        regions=regions,
        flats=picture[:3],
        alpha=picture[3:],
        fill=fill,
    )


def _moved(image: NDArray[Any], matrix: Matrix, how: int, outside: float) -> NDArray[np.float32]:
    size = image.shape[::-1]
    moved = cv2.warpAffine(image.astype(np.float32), matrix, size, flags=how, borderValue=outside)
    return np.asarray(moved, np.float32)


def zoom(sketch: Sketch, most: float, draw: Generator) -> Sketch:
    """A part of ``sketch`` up to ``most`` times as large, with the palette of what it shows.

    Returned as it is if the part shows fewer than two regions.
    """
    size = sketch.line.shape[-1]
    grow, right, down = torch.rand(3, generator=draw).tolist()
    scale = 1 + grow * (most - 1)
    start = np.array([right, down]) * (size - size / scale)  # the part's corner
    matrix = np.array([[scale, 0.0, -scale * start[0]], [0.0, scale, -scale * start[1]]])
    part = warp(sketch, matrix)
    part = replace(part, regions=_with_background(part.regions, sketch.regions, matrix))
    if part.regions.n_regions - (part.regions.background > 0) < 2:
        return sketch
    color = region_colors(picture_of(part), part.regions)
    palette, share = palette_of(color[:, :3], color[:, 3] > 0, part.regions)
    return replace(part, palette=palette, share=share)


def _with_background(regions: RegionMap, whole: RegionMap, matrix: Matrix) -> RegionMap:
    """``regions`` of a part with the background of the ``whole``, 0 where it is out of sight.

    What fills the edge of a part may be the figure.
    """
    paper = (whole.label == whole.background).numpy() & (whole.background > 0)
    seen = torch.from_numpy(_moved(paper, matrix, cv2.INTER_NEAREST, 0.0) > 0)
    background = int(regions.label[seen].max()) if seen.any() else 0
    weight = region_weight(regions.area.numpy(), background)
    return replace(regions, background=background, weight=torch.from_numpy(weight))


def picture_of(sketch: Sketch) -> Tensor:
    """(4, H, W) flats and alpha."""
    if sketch.flats is None or sketch.alpha is None:
        raise ValueError(f"{sketch.id} has no flats to change")
    return torch.cat([sketch.flats, sketch.alpha])
