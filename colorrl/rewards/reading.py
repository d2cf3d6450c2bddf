"""What every term reads off an image: its colours in Lab, one robust colour per region.

Sums over regions are scatter-adds: 20 times cheaper than one-hot products at 128 px. On CUDA
their order is not fixed, so rewards may differ there in the last bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from colorrl.color import delta_e_76, srgb_to_lab
from colorrl.types import RegionBatch, SketchBatch

PAPER = (100.0, 0.0, 0.0)  # white in Lab
N_WEISZFELD = 3  # steps from the mean towards the geometric median
NEAREST_DE = 1.0  # dE below which a pixel gets no more weight: half a just noticeable difference


@dataclass(frozen=True, slots=True)
class Reading:
    """An image of flats as the terms see it. Pixels under ink (label 0) count nowhere."""

    image: Tensor  # (N, 3, H, W) sRGB in [0, 1]
    lab: Tensor  # (N, 3, H, W) CIELAB
    center: Tensor  # (N, R+1, 3) CIELAB, geometric median of each region's pixels
    spread: Tensor  # (N, H, W) dE76 of each pixel to the centre of its region
    truth: Tensor | None  # (N, R+1, 3) CIELAB of the flats, None where they are not known


def read(image: Tensor, sketch: SketchBatch) -> Reading:
    """The Reading of ``image`` (N, 3, H, W), sRGB in [0, 1], on the sketch's device.

    Raises ValueError if the image and the sketch differ in number or size.
    """
    if image.shape[0] != len(sketch) or image.shape[2:] != sketch.line.shape[2:]:
        raise ValueError(
            f"images {tuple(image.shape)} do not fit sketches {tuple(sketch.line.shape)}: "
            "resize the images to the sketches' size"
        )
    lab = srgb_to_lab(image.float(), 1)
    center = geometric_median(lab, sketch.regions)
    spread = pixel_distance(lab, paint(center, sketch.regions.label))
    return Reading(image, lab, center, spread, _truth(sketch))


def truth_of(reading: Reading, sketch: SketchBatch, term: str) -> Tensor:
    """(N, R+1, 3) Lab of the flats. Raises ValueError where there are none."""
    if reading.truth is None:
        raise ValueError(
            f"reward term '{term}' needs the true flats and sketch '{sketch.id[0]}' has none: "
            "use paired data, or a reward without this term"
        )
    return reading.truth


def asked_palette(sketch: SketchBatch, term: str) -> tuple[Tensor, Tensor]:
    """Entries (N, K, 3) in Lab and shares (N, K). Raises ValueError where there are none."""
    if sketch.palette is None or sketch.share is None:
        raise ValueError(
            f"reward term '{term}' needs a palette and sketch '{sketch.id[0]}' has none: "
            "give one, or use a reward without this term"
        )
    return srgb_to_lab(sketch.palette, 2), sketch.share


def inside_share(regions: RegionBatch) -> Tensor:
    """(N, R+1) area shares of the enclosed regions, neither ink nor background, summing to 1."""
    area = regions.area * (regions.weight > 0)
    return area / area.sum(1, keepdim=True).clamp(min=1)


def region_mean(values: Tensor, regions: RegionBatch) -> Tensor:
    """Mean over each region's pixels of ``values`` (N, C, H, W) -> (N, R+1, C); 0 where empty."""
    return region_sum(values, regions) / regions.area.clamp(min=1).unsqueeze(-1)


def region_sum(values: Tensor, regions: RegionBatch) -> Tensor:
    """Sum over each region's pixels of ``values`` (N, C, H, W) -> (N, R+1, C)."""
    flat = values.flatten(2)  # (N, C, HW)
    index = regions.label.flatten(1).unsqueeze(1).expand_as(flat)
    sums = flat.new_zeros(*flat.shape[:2], regions.n_slots)
    return sums.scatter_add(2, index, flat).transpose(1, 2)


def paint(values: Tensor, label: Tensor) -> Tensor:
    """``values`` (N, R+1, C) of the region at each pixel of ``label`` (N, H, W) -> (N, C, H, W)."""
    n, _, channels = values.shape
    index = label.flatten(1).unsqueeze(1).expand(n, channels, -1)
    return values.transpose(1, 2).gather(2, index).view(n, channels, *label.shape[1:])


def pixel_distance(lab_a: Tensor, lab_b: Tensor) -> Tensor:
    """dE76 of two Lab images (N, 3, H, W) -> (N, H, W)."""
    return delta_e_76(lab_a.movedim(1, -1), lab_b.movedim(1, -1))


def geometric_median(lab: Tensor, regions: RegionBatch) -> Tensor:
    """(N, R+1, 3) of ``lab`` (N, 3, H, W). Source: Weiszfeld 1937, a fixed number of steps."""
    center = region_mean(lab, regions)
    for _ in range(N_WEISZFELD):
        # Steps are taken from the centre: sums of small numbers, which fp32 keeps.
        offset = lab - paint(center, regions.label)
        pull = 1 / offset.square().sum(1, keepdim=True).add(1e-12).sqrt().clamp(min=NEAREST_DE)
        sums = region_sum(torch.cat([pull * offset, pull], 1), regions)
        center = center + sums[..., :3] / sums[..., 3:].clamp(min=1e-6)
    return center


def same_truth(truth: Tensor, tolerance: float) -> Tensor:
    """(N, R+1, R+1) 1 where two regions' true colours lie within ``tolerance`` dE76, else 0."""
    return (delta_e_76(truth.unsqueeze(2), truth.unsqueeze(1)) < tolerance).to(truth.dtype)


def _truth(sketch: SketchBatch) -> Tensor | None:
    if sketch.flats is None:
        return None
    # Flats hold one colour per region, so the mean is that colour; what fp32 lost is added.
    mean = region_mean(sketch.flats, sketch.regions)
    lost = sketch.flats - paint(mean, sketch.regions.label)
    # in doubles: powers of fp32 round by a value's place in the batch, by 3e-5 of a Lab unit
    return srgb_to_lab((mean + region_mean(lost, sketch.regions)).double(), 2).float()
