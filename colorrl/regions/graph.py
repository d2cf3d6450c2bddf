"""A label image to a RegionMap: owners under the line, neighbours, contact lengths, weights."""

from __future__ import annotations

import cc3d
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.regions.borders import contacts, fineness, region_across, repeated
from colorrl.regions.nearest import Labels, filled
from colorrl.types import Partition, RegionMap

COUNTED = 2**20  # pixels counted together, at least a row: memory


def components(mask: NDArray[np.bool_]) -> Labels:
    """4-connected components of ``mask`` (H, W), 1..C, 0 outside."""
    found = cc3d.connected_components(mask.view(np.uint8), connectivity=4, out_dtype=np.uint32)
    return np.asarray(found).view(np.int32)


def areas(label: Labels) -> NDArray[np.int64]:
    """(R+1,) pixels of each label from 0 to R."""
    return counted(label, int(label.max(initial=0)) + 1)


def counted(image: NDArray[np.integer], n: int) -> NDArray[np.int64]:
    """(n,) how many pixels of ``image`` (H, W) have each value from 0 to n - 1."""
    # band by band: bincount makes a wide copy of what it counts
    rows = max(1, COUNTED // max(1, image.shape[1]))
    count = np.zeros(n, np.int64)
    for top in range(0, len(image), rows):
        count += np.bincount(image[top : top + rows].ravel(), minlength=n)
    return count


def nearest_label(label: Labels) -> tuple[Labels, NDArray[np.float32]]:
    """``label`` (H, W) with every 0 replaced by the nearest label, and the distance in pixels.

    All 0 and infinite where there is no label at all.
    """
    if not label.any():
        return np.zeros_like(label), np.full(label.shape, np.inf, np.float32)
    empty = (label == 0).astype(np.uint8)
    distance, seed = cv2.distanceTransformWithLabels(
        empty, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    lookup = np.zeros(int(seed.max()) + 1, np.int32)
    known = label > 0
    lookup[seed[known]] = label[known]
    return lookup[seed], distance


def background_id(label: Labels) -> int:
    """The region that holds most of the page's outermost pixels, 0 if ink holds them all."""
    rim = np.concatenate([label[0], label[-1], label[1:-1, 0], label[1:-1, -1]])
    count = np.bincount(rim[rim > 0], minlength=1)
    return int(count.argmax())


def region_weight(area: NDArray[np.float32], background: int) -> NDArray[np.float32]:
    """(R+1,) half the area share + half 1/R over regions that are neither ink nor background."""
    counted = area > 0
    counted[[0, background]] = False
    if not counted.any():
        return np.zeros_like(area)
    share = np.where(counted, area, 0) / area[counted].sum()
    return (0.5 * share + 0.5 * counted / counted.sum()).astype(np.float32)


def partition(label: Labels, sha: str) -> Partition:
    """The Partition of ``label`` (H, W) int32, 0 = ink, 1..R consecutive; shares its memory.

    Raises ValueError for labels that are not consecutive.
    """
    area = areas(label)
    if not area[1:].all():
        raise ValueError(f"labels must be consecutive, {np.flatnonzero(area == 0)[:5]} are absent")
    return Partition(
        label=torch.from_numpy(label),
        region_index=torch.from_numpy(filled(label)),
        area=torch.from_numpy(area.astype(np.float32)),
        background=background_id(label),
        sha=sha,
    )


def build(label: Labels, sha: str) -> RegionMap:
    """The RegionMap of ``label`` (H, W) int32, 0 = ink, 1..R consecutive.

    Raises ValueError for labels that are not consecutive.
    """
    paper = partition(np.array(label, np.int32), sha)
    region_index = paper.region_index.numpy()
    times = fineness(label.shape)
    fine = region_index if times == 1 else filled(repeated(label, times))
    edges, contact = contacts(fine, times)
    return RegionMap(
        label=paper.label,
        region_index=paper.region_index,
        across=torch.from_numpy(region_across(fine, region_index, times)),
        area=paper.area,
        weight=torch.from_numpy(region_weight(paper.area.numpy(), paper.background)),
        edges=torch.from_numpy(edges.astype(np.int32)),
        contact=torch.from_numpy(contact.astype(np.float32)),
        background=paper.background,
        sha=sha,
    )
