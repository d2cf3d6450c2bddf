"""Cheats with knobs: edits of the truth that a search turns up and down.

Every edit is ``(sketch, image, knobs, luck) -> image`` (N, 3, H, W), sRGB in [0, 1], for paired
sketches. ``knobs`` (N, KNOBS) in [0, 1] set one picture each; ``luck`` (N, H, W), uniform in
[0, 1), is what an edit has of chance. An edit changes the image it is given, so that one can follow
another.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import interpolate, max_pool2d

from colorrl.color import lab_to_srgb, srgb_to_lab
from colorrl.rewards.cheats.given import painted_regions
from colorrl.rewards.cheats.pixels import blurred
from colorrl.rewards.reading import paint
from colorrl.types import SketchBatch

KNOBS = 6
FAR = 50.0  # of L*, a* and b*: the most that a colour is moved by
RIM = 6  # pixels: the widest rim along lines that is edited

Edit = Callable[[SketchBatch, Tensor, Tensor, Tensor], Tensor]


def blank(sketch: SketchBatch, image: Tensor, knobs: Tensor, luck: Tensor) -> Tensor:
    """Some regions blank, or paler."""
    share = 0.3 + 0.7 * knobs[:, 2, None, None, None]
    return torch.where(_regions(sketch, knobs), image + share * (1 - image), image)


def shift(sketch: SketchBatch, image: Tensor, knobs: Tensor, luck: Tensor) -> Tensor:
    """Some regions in a colour beside their own."""
    return torch.where(_regions(sketch, knobs), _moved(image, knobs[:, 2:5]), image)


def recolour(sketch: SketchBatch, image: Tensor, knobs: Tensor, luck: Tensor) -> Tensor:
    """Some regions in one palette colour."""
    assert sketch.palette is not None and sketch.share is not None
    place = (knobs[:, 2] * (sketch.share > 0).sum(1)).long()
    place = place.clamp(max=sketch.palette.shape[1] - 1)
    entry = sketch.palette[torch.arange(len(sketch)), place][:, :, None, None]
    return torch.where(_regions(sketch, knobs), entry, image)


def pixels(sketch: SketchBatch, image: Tensor, knobs: Tensor, luck: Tensor) -> Tensor:
    """Pixels here and there, or squares of up to 8 of them, moved or inverted."""
    return _sprinkled(image, knobs, luck, torch.ones_like(luck[:, None], dtype=torch.bool))


def rim(sketch: SketchBatch, image: Tensor, knobs: Tensor, luck: Tensor) -> Tensor:
    """Pixels along the lines, or those far from them, moved or inverted."""
    grown = (sketch.regions.label.unsqueeze(1) == 0).float()
    width = (knobs[:, 5] * 2 * RIM).long()[:, None, None, None]  # odd: far from the lines
    near = torch.zeros_like(grown, dtype=torch.bool)
    for k in range(1, RIM + 1):
        grown = max_pool2d(grown, 3, 1, 1)
        near = near | ((width // 2 + 1 == k) & (grown > 0))
    most = torch.cat([1 - (1 - knobs[:, :1]) ** 3, knobs[:, 1:5], knobs[:, 5:] * 0], 1)
    return _sprinkled(image, most, luck, near ^ (width % 2 == 1))


def paper(sketch: SketchBatch, image: Tensor, knobs: Tensor, luck: Tensor) -> Tensor:
    """The background, or squares of it, moved or inverted."""
    outside = sketch.regions.region_index == sketch.regions.background.view(-1, 1, 1)
    return _sprinkled(image, knobs, luck, outside[:, None])


def ink(sketch: SketchBatch, image: Tensor, knobs: Tensor, luck: Tensor) -> Tensor:
    """Any colour under the ink, all of it or a share."""
    under = sketch.regions.label.unsqueeze(1) == 0
    hit = under & (luck[:, None] <= knobs[:, 0, None, None, None])
    mixed = image + knobs[:, 1, None, None, None] * (knobs[:, 2:5, None, None] - image)
    return torch.where(hit, mixed, image)


def light(sketch: SketchBatch, image: Tensor, knobs: Tensor, luck: Tensor) -> Tensor:
    """Light from one side on the drawing."""
    height, width = image.shape[2:]
    y, x = (torch.linspace(-1, 1, n, device=image.device) for n in (height, width))
    angle = 2 * torch.pi * knobs[:, 0, None, None]
    ramp = angle.sin() * y[:, None] + angle.cos() * x
    lab = srgb_to_lab(image, 1)
    by = (knobs[:, 1, None, None] * FAR / 2 * ramp)[:, None]
    lit = lab_to_srgb(torch.cat([(lab[:, :1] + by).clamp(0, 100), lab[:, 1:]], 1), 1).clamp(0, 1)
    return torch.where(
        paint(painted_regions(sketch)[..., None], sketch.regions.region_index), lit, image
    )


def smear(sketch: SketchBatch, image: Tensor, knobs: Tensor, luck: Tensor) -> Tensor:
    """Blurred, and moved by up to 4 pixels, each picture by itself."""
    rows = []
    for one, knob in zip(image, knobs.tolist(), strict=True):
        soft = blurred(one, 3 * knob[0]) if knob[0] > 0.1 else one
        rows.append(soft.roll([round(8 * knob[1] - 4), round(8 * knob[2] - 4)], [1, 2]))
    return torch.stack(rows).clamp(0, 1)


# Of whole regions, what is under their ink too.
FLAT: dict[str, Edit] = {f.__name__: f for f in (blank, shift, recolour)}
EDITS: dict[str, Edit] = FLAT | {f.__name__: f for f in (pixels, rim, paper, ink, light, smear)}


def _regions(sketch: SketchBatch, knobs: Tensor) -> Tensor:
    """(N, 1, H, W) regions next to each other in size.

    From the one at share ``knobs[:, 0]`` of their number on, smallest first, until they cover the
    share ``knobs[:, 1]`` squared of what is painted; one at the least.
    """
    inside = painted_regions(sketch)
    area = sketch.regions.area.masked_fill(~inside, torch.inf)
    order = area.argsort(1)
    sorted_area = torch.where(inside, sketch.regions.area, 0.0).gather(1, order)
    count = inside.sum(1, keepdim=True)
    first = (knobs[:, :1] * count).long().minimum(count - 1)
    place = torch.arange(order.shape[1], device=order.device).expand_as(order)
    taken = (sorted_area * (place >= first)).cumsum(1)
    most = knobs[:, 1:2].square() * sorted_area.sum(1, keepdim=True)
    hit = (place >= first) & (place < count) & ((taken <= most) | (place == first))
    return paint(
        torch.zeros_like(inside).scatter(1, order, hit)[..., None], sketch.regions.region_index
    )


def _sprinkled(image: Tensor, knobs: Tensor, luck: Tensor, where: Tensor) -> Tensor:
    """``image`` with a share of its cells inverted, or moved in Lab."""
    rows = []
    for one, knob in zip(luck, (1 + knobs[:, 1] * 7.99).long().tolist(), strict=True):
        small = one[None, None, : -(-one.shape[0] // knob), : -(-one.shape[1] // knob)]
        large = interpolate(small, scale_factor=knob, mode="nearest")
        rows.append(large[0, :, : one.shape[0], : one.shape[1]])
    hit = where & (torch.stack(rows) < knobs[:, 0, None, None, None].square())
    other = torch.where(
        knobs[:, 5, None, None, None] > 0.5, 1 - image, _moved(image, knobs[:, 2:5])
    )
    return torch.where(hit, other, image)


def _moved(image: Tensor, knobs: Tensor) -> Tensor:
    """``image`` moved in Lab by ``knobs`` (N, 3): 0.5 is nothing, and small moves are likelier."""
    by = FAR * (2 * knobs - 1) * (2 * knobs - 1).abs()
    lab = srgb_to_lab(image, 1) + by[:, :, None, None]
    return lab_to_srgb(torch.cat([lab[:, :1].clamp(0, 100), lab[:, 1:]], 1), 1).clamp(0, 1)
