"""Colourings that please a careless reward: each must score well below the truth.

Every cheat is ``(sketch, generator) -> image`` (N, 3, H, W), sRGB in [0, 1], for paired sketches.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from colorrl.color import lab_to_srgb, srgb_to_lab
from colorrl.rewards.reading import paint, region_mean
from colorrl.types import SketchBatch

Cheat = Callable[[SketchBatch, torch.Generator], Tensor]


def flats_of(sketch: SketchBatch) -> Tensor:
    """The true flats. Raises ValueError where there are none."""
    if sketch.flats is None or sketch.palette is None or sketch.share is None:
        raise ValueError(f"sketch '{sketch.id[0]}' has no flats and palette: audit on paired data")
    return sketch.flats


def white_page(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """Nothing painted."""
    return torch.ones_like(flats_of(sketch))


def dominant_colour(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The page in the commonest true colour, paper included."""
    colours, area = _region_colours(sketch), sketch.regions.area.clone()
    area[:, 0] = 0  # ink
    same = (colours.unsqueeze(1) - colours.unsqueeze(2)).abs().sum(3) < 1e-3
    best = (same * area.unsqueeze(1)).sum(2).masked_fill(area == 0, -1).argmax(1)
    return _everywhere(sketch, colours[torch.arange(len(sketch)), best])


def one_colour(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The page in the palette's commonest colour."""
    return _everywhere(sketch, _first_entry(sketch))


def background_and_one_colour(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The true background, everything else in the palette's commonest colour."""
    return _keep_background(sketch, _everywhere(sketch, _first_entry(sketch)))


def random_colours(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """Any palette colour for each region, the background too."""
    pick = _random_entries(sketch, sketch.regions.area.shape, generator)
    return paint(pick, sketch.regions.owner)


def background_and_random_colours(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """The true background, any palette colour for each other region."""
    return _keep_background(sketch, random_colours(sketch, generator))


def permuted_colours(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The right groups in each other's colours: each true colour gives way to the next.

    The background keeps its own, unless there is but one colour to permute with it.
    """
    colours = _region_colours(sketch).cpu()
    for n in range(len(sketch)):
        known = sketch.regions.area[n].cpu() > 0
        known[0] = False
        inside = known.clone()
        inside[sketch.regions.background[n]] = False
        if len(colours[n][inside].round(decimals=3).unique(dim=0)) > 1:
            known = inside
        distinct, group = colours[n][known].round(decimals=3).unique(dim=0, return_inverse=True)
        colours[n][known] = distinct.roll(1, 0)[group]
    return paint(colours.to(sketch.line.device), sketch.regions.owner)


def map_colouring(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """Neighbours always differ: a greedy map colouring with the palette and its negatives."""
    flats_of(sketch)
    assert sketch.palette is not None and sketch.share is not None
    colours = torch.zeros(*sketch.regions.area.shape, 3, device=sketch.line.device)
    for n, edges in enumerate(sketch.regions.edges.tolist()):
        palette = sketch.palette[n, sketch.share[n] > 0]
        inks = torch.cat([palette, 1 - palette])
        colours[n] = inks[_map_colours(edges, colours.shape[1], len(inks))]
    return paint(colours, sketch.regions.owner)


def line_copied(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The line art itself."""
    return sketch.line.expand_as(flats_of(sketch)).clone()


def grey(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth without its hues."""
    lab = srgb_to_lab(flats_of(sketch), 1)
    return lab_to_srgb(lab * lab.new_tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1), 1).clamp(0, 1)


def muddy(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth half way to middle grey, paper kept."""
    flats = flats_of(sketch)
    return torch.where(flats.amin(1, keepdim=True) > 0.99, flats, 0.5 * flats + 0.25)


def blur(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth blurred by a 64th of the page."""
    return blurred(flats_of(sketch), sketch.line.shape[-1] / 64)


def shift(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth moved right by a 48th of the page, and not under two pixels: past a thin line."""
    return flats_of(sketch).roll(max(2, round(sketch.line.shape[-1] / 48)), dims=3)


def noise(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """The truth under independent noise of sd 8 of 255."""
    flats = flats_of(sketch)
    drawn = torch.randn(flats.shape, generator=generator).to(flats.device)
    return (flats + 8 / 255 * drawn).clamp(0, 1)


def palette_noise(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """Any palette colour for each pixel."""
    n, _, h, w = flats_of(sketch).shape
    return _random_entries(sketch, (n, h * w), generator).transpose(1, 2).reshape(n, 3, h, w)


CHEATS: dict[str, Cheat] = {
    f.__name__: f
    for f in (
        white_page,
        dominant_colour,
        one_colour,
        background_and_one_colour,
        random_colours,
        background_and_random_colours,
        permuted_colours,
        map_colouring,
        line_copied,
        grey,
        muddy,
        blur,
        shift,
        noise,
        palette_noise,
    )
}


def shaded(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """No cheat: the artist's own rendering, cel shadows inside regions and all."""
    if sketch.fill is None:
        raise ValueError(f"sketch '{sketch.id[0]}' has no rendered fill")
    return sketch.fill[:, :3] * sketch.fill[:, 3:] + 1 - sketch.fill[:, 3:]


def blurred(image: Tensor, sigma: float) -> Tensor:
    """``image`` under a Gaussian of ``sigma`` pixels."""
    return gaussian_blur(image, [2 * round(3 * sigma) + 1] * 2, [sigma, sigma])


def _region_colours(sketch: SketchBatch) -> Tensor:
    """(N, R+1, 3) sRGB."""
    return region_mean(flats_of(sketch), sketch.regions)


def _first_entry(sketch: SketchBatch) -> Tensor:
    """(N, 3) the palette's commonest colour."""
    flats_of(sketch)
    assert sketch.palette is not None and sketch.share is not None
    return sketch.palette[torch.arange(len(sketch)), sketch.share.argmax(1)]


def _everywhere(sketch: SketchBatch, colour: Tensor) -> Tensor:
    return colour[:, :, None, None].expand(-1, -1, *sketch.line.shape[2:]).clone()


def _keep_background(sketch: SketchBatch, image: Tensor) -> Tensor:
    outside = sketch.regions.owner == sketch.regions.background.view(-1, 1, 1)
    return torch.where(outside.unsqueeze(1), flats_of(sketch), image)


def _random_entries(
    sketch: SketchBatch, shape: tuple[int, ...], generator: torch.Generator
) -> Tensor:
    """(N, M, 3) palette colours for ``shape`` (N, M), all entries alike."""
    flats_of(sketch)
    assert sketch.palette is not None and sketch.share is not None
    chance = (sketch.share > 0).float().cpu()
    pick = chance.multinomial(shape[1], replacement=True, generator=generator)
    index = pick.to(sketch.line.device).unsqueeze(2).expand(-1, -1, 3)
    return sketch.palette.gather(1, index)


def _map_colours(edges: list[list[int]], n_slots: int, n_inks: int) -> list[int]:
    """For each region the first ink that no neighbour of a smaller id has."""
    choice = [0] * n_slots
    for region in range(1, n_slots):
        taken = {choice[i] for i, j in edges if j == region and 0 < i < j}
        choice[region] = next((ink for ink in range(n_inks) if ink not in taken), 0)
    return choice
