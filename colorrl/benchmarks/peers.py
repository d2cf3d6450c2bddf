"""Segmentations to compare with: line art (H, W) in [0, 1], 1 = paper, to labels, 0 = none.

Each is written as its source has it and does not call the segmentation under test.
"""

from __future__ import annotations

from collections.abc import Sequence

import cc3d
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import watershed

from colorrl.data.procedural.strokes import Line, owners, regions_of
from colorrl.evaluation.baselines.gmic import smart_colors
from colorrl.regions.graph import Labels, components, nearest_label
from colorrl.regions.segment import part, segment


def ours(line: Line) -> Labels:
    """The segmentation under test, slivers merged and lines filled."""
    return segment(line).region_index.numpy()


def as_pages(line: Line) -> Labels:
    """The segmentation of pages, in which strands of hair part nothing."""
    return part(line).region_index.numpy()


def connected(line: Line) -> Labels:
    """Connected components of the paper: what a bucket tool fills."""
    return owners(regions_of(line))


def closing(line: Line, radius: int) -> Labels:
    """Connected components after a morphological closing of the ink with a disc of ``radius``."""
    closed = cv2.erode(line, _disc(radius), borderValue=1)  # ink is dark: eroding light grows it
    grown = cv2.dilate(closed, _disc(radius), borderValue=0)
    return owners(regions_of(grown.astype(np.float32, copy=False)))


def distance_watershed(line: Line, radius: int) -> Labels:
    """Watershed of the distance to ink, from the areas more than ``radius`` px away from it."""
    paper = line > 0.5
    far = cv2.distanceTransform(paper.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    # what lies nowhere that far from ink has its own component as marker
    markers = components(far > radius)
    left = regions_of(line)
    seen = np.zeros(int(left.max()) + 1, bool)
    seen[left[markers > 0]] = True
    rest = (left > 0) & ~seen[left]
    markers[rest] = left[rest] + markers.max()
    return owners(watershed(-far, markers, mask=paper).astype(np.int32))


def trapped_ball(line: Line, radii: Sequence[int]) -> Labels:
    """Balls of falling ``radii`` px fill what they reach; what none reaches is filled as it is.

    Source: Zhang et al. 2009, with LineFiller's radii (3, 2, 1) as the first.
    """
    free = line > 0.5
    label = np.zeros(line.shape, np.int32)
    for radius in radii:
        label = _grow(label, free, radius)
    rest = components(free & (label == 0))
    return owners(np.where(rest > 0, rest + label.max(), label).astype(np.int32))


def _grow(label: Labels, free: NDArray[np.bool_], radius: int) -> Labels:
    """``label`` with the new areas that a ball of ``radius`` px reaches in what is still free."""
    empty = (free & (label == 0)).view(np.uint8)
    core = components(cv2.erode(empty, _disc(radius)) > 0)
    grown, away = nearest_label(core)
    reached = (empty > 0) & (away <= radius + 0.5)
    return np.where(reached, grown + label.max(), label).astype(np.int32)


def gmic_smart(line: Line) -> Labels:
    """G'MIC's smart colouring (Fourey et al. 2018), its regions read back from random colours.

    Two neighbours that drew one colour are taken for one region. Raises FileNotFoundError
    without the program ``gmic``.
    """
    color = smart_colors(line).astype(np.uint64)
    packed = 1 + (color << np.array([0, 16, 32], np.uint64)).sum(2, dtype=np.uint64)
    return cc3d.connected_components(packed, connectivity=4).astype(np.int32)


def _disc(radius: int) -> NDArray[np.uint8]:
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return (x * x + y * y <= (radius + 0.5) ** 2).astype(np.uint8)
