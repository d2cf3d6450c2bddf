"""What a cheat is made from: the truth, its regions' colours, the palette."""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.rewards.reading import region_mean
from colorrl.types import SketchBatch


def flats_of(sketch: SketchBatch) -> Tensor:
    """The true flats (N, 3, H, W). Raises ValueError where there are none."""
    if sketch.flats is None or sketch.palette is None or sketch.share is None:
        raise ValueError(f"sketch '{sketch.id[0]}' has no flats and palette: audit on paired data")
    return sketch.flats


def shaded(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """No cheat: the artist's own rendering, cel shadows inside regions and all."""
    if sketch.fill is None:
        raise ValueError(f"sketch '{sketch.id[0]}' has no rendered fill")
    return sketch.fill[:, :3] * sketch.fill[:, 3:] + 1 - sketch.fill[:, 3:]


def region_colors(sketch: SketchBatch) -> Tensor:
    """(N, R+1, 3) sRGB of the true flats."""
    return region_mean(flats_of(sketch), sketch.regions)


def painted_regions(sketch: SketchBatch) -> Tensor:
    """(N, R+1) bool: regions that are there and are not the background."""
    there = sketch.regions.area > 0
    there[:, 0] = False
    return there.scatter(1, sketch.regions.background.unsqueeze(1), False)


def commonest_entry(sketch: SketchBatch) -> Tensor:
    """(N, 3) the palette's commonest colour."""
    palette, share = _palette(sketch)
    return palette[torch.arange(len(sketch)), share.argmax(1)]


def random_entries(
    sketch: SketchBatch, shape: tuple[int, ...], generator: torch.Generator
) -> Tensor:
    """(N, M, 3) palette colours for ``shape`` (N, M), all entries alike."""
    palette, share = _palette(sketch)
    chance = (share > 0).float().cpu()
    pick = chance.multinomial(shape[1], replacement=True, generator=generator)
    return palette.gather(1, pick.to(palette.device).unsqueeze(2).expand(-1, -1, 3))


def other_entries(sketch: SketchBatch, colors: Tensor, generator: torch.Generator) -> Tensor:
    """(N, M, 3) for each of ``colors`` (N, M, 3) a palette colour that is not it.

    Its negative where the palette has no other; any of the others at random.
    """
    palette, share = _palette(sketch)
    away = (colors.unsqueeze(2) - palette.unsqueeze(1)).abs().amax(3)  # (N, M, K)
    other = (away > 0.05) & (share > 0).unsqueeze(1)
    luck = torch.rand(other.shape, generator=generator).to(other.device)
    pick = luck.masked_fill(~other, -1).argmax(2, keepdim=True)  # (N, M, 1)
    entry = palette.gather(1, pick.expand(-1, -1, 3))
    return torch.where(other.any(2, keepdim=True), entry, 1 - colors)


def everywhere(sketch: SketchBatch, color: Tensor) -> Tensor:
    """Pages (N, 3, H, W) of one ``color`` (N, 3) each."""
    return color[:, :, None, None].expand(-1, -1, *sketch.line.shape[2:]).clone()


def keep_background(sketch: SketchBatch, image: Tensor) -> Tensor:
    """``image`` (N, 3, H, W) with the true background."""
    outside = sketch.regions.region_index == sketch.regions.background.view(-1, 1, 1)
    return torch.where(outside.unsqueeze(1), flats_of(sketch), image)


def checker(sketch: SketchBatch, cell: int) -> Tensor:
    """(1, 1, H, W) bool: a checkerboard of squares of ``cell`` pixels."""
    height, width = sketch.line.shape[2:]
    row, column = (torch.arange(n, device=sketch.line.device) // cell for n in (height, width))
    return ((row.unsqueeze(1) + column) % 2 > 0)[None, None]


def _palette(sketch: SketchBatch) -> tuple[Tensor, Tensor]:
    flats_of(sketch)
    assert sketch.palette is not None and sketch.share is not None
    return sketch.palette, sketch.share
