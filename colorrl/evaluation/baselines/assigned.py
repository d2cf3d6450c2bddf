"""Colours dealt to regions by their areas, the palette and chance."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from colorrl.pages.vote import keeping_shares
from colorrl.rewards.cheats.given import painted_regions
from colorrl.rewards.reading import paint
from colorrl.types import SketchBatch


def white_page(sketch: SketchBatch, _: Generator) -> Tensor:
    """Nothing painted."""
    return torch.ones_like(sketch.line).expand(-1, 3, -1, -1).clone()


def random_colours(sketch: SketchBatch, draw: Generator) -> Tensor:
    """Any colour for each region: what looks like nothing in particular."""
    color = torch.rand(*sketch.regions.area.shape, 3, generator=draw)
    return colored(sketch, color.to(sketch.line.device))


def dominant_colour(sketch: SketchBatch, _: Generator) -> Tensor:
    """All regions in the palette's commonest colour."""
    share = given_palette(sketch)[1]
    return dealt(sketch, share.argmax(1, keepdim=True).expand(-1, sketch.regions.n_slots))


def random_palette(sketch: SketchBatch, draw: Generator) -> Tensor:
    """A palette colour at random for each region, each as likely as its share is large."""
    share = given_palette(sketch)[1]
    pick = share.cpu().multinomial(sketch.regions.n_slots, replacement=True, generator=draw)
    return dealt(sketch, pick.to(share.device))


def area_rank(sketch: SketchBatch, _: Generator) -> Tensor:
    """The n-th largest region in the n-th commonest colour, the smaller ones in the rarest."""
    share = given_palette(sketch)[1]
    area = sketch.regions.area.masked_fill(~painted_regions(sketch), -1)
    rank = area.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    rarest = (share > 0).sum(1, keepdim=True) - 1
    order = share.argsort(dim=1, descending=True, stable=True)
    return dealt(sketch, order.gather(1, torch.minimum(rank, rarest)))


def area_share(sketch: SketchBatch, _: Generator) -> Tensor:
    """From the largest region on, each in the colour of whose share most is still unpainted.

    Shares then come out as nearly as whole regions allow. It uses nothing but areas, and yet with
    the exact shares of a drawing of few regions they say much: a subset sum has few solutions.
    """
    share = given_palette(sketch)[1]
    area = sketch.regions.area.masked_fill(~painted_regions(sketch), 0)
    left = (share * area.sum(1, keepdim=True)).masked_fill(share == 0, -torch.inf)  # (N, K) pixels
    pick = torch.zeros_like(area, dtype=torch.long)
    for region in area.argsort(dim=1, descending=True, stable=True).T.unsqueeze(2):  # (N, 1)
        entry = left.argmax(1, keepdim=True)
        pick.scatter_(1, region, entry)
        left.scatter_add_(1, entry, -area.gather(1, region))
    return dealt(sketch, pick)


def area_search(sketch: SketchBatch, draw: Generator) -> Tensor:
    """Of many assignments the one whose shares come nearest to the given ones, by areas alone.

    A vote at shares (`colorrl.pages.vote`) without samples: how much of it exact shares give away.
    """
    nobody = torch.zeros(0, *sketch.regions.area.shape, 3)
    color = at_shares(sketch, nobody, 1.0, draw).to(sketch.line.device)
    return paint(color, sketch.regions.region_index)


def at_shares(sketch: SketchBatch, said: Tensor, strength: float, draw: Generator) -> Tensor:
    """(N, R+1, 3) on the CPU: what n samples ``said`` (n, N, R+1, 3) sRGB, at the given shares."""
    palette, share = (given.cpu() for given in given_palette(sketch))
    area = (sketch.regions.area * painted_regions(sketch)).cpu()
    rows = zip(said.unbind(1), area, palette, share, strict=True)
    return torch.stack([keeping_shares(*row, strength, draw) for row in rows])


def given_palette(sketch: SketchBatch) -> tuple[Tensor, Tensor]:
    """Colours (N, K, 3) and shares (N, K); white alone for a sketch that is given no colour.

    Raises ValueError for a batch without palettes.
    """
    if sketch.palette is None or sketch.share is None:
        raise ValueError(f"sketch '{sketch.id[0]}' is given no palette to deal")
    bare = ~(sketch.share > 0).any(1, keepdim=True)
    first = torch.eye(sketch.share.shape[1], device=bare.device)[0]
    palette = torch.where(bare[..., None], 1.0, sketch.palette)
    return palette, torch.where(bare, first, sketch.share)


def dealt(sketch: SketchBatch, pick: Tensor) -> Tensor:
    """Flats (N, 3, H, W) in the palette entries ``pick`` (N, R+1), the background paper."""
    palette = given_palette(sketch)[0]
    return colored(sketch, palette.gather(1, pick[..., None].expand(-1, -1, 3)))


def colored(sketch: SketchBatch, color: Tensor) -> Tensor:
    """Flats (N, 3, H, W): every region in its ``color`` (N, R+1, 3), the background paper."""
    shown = torch.where(painted_regions(sketch)[..., None], color, 1.0)
    return paint(shown, sketch.regions.region_index)
