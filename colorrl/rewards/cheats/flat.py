"""Cheats of one colour a region: clean flats, wrong colours."""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.color import lab_to_srgb, srgb_to_lab
from colorrl.rewards.cheats.given import (
    commonest_entry,
    everywhere,
    flats_of,
    keep_background,
    other_entries,
    painted_regions,
    random_entries,
    region_colors,
)
from colorrl.rewards.reading import paint
from colorrl.types import SketchBatch


def white_page(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """Nothing painted."""
    return torch.ones_like(flats_of(sketch))


def dominant_colour(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The page in the commonest true colour, paper included."""
    colors, area = region_colors(sketch), sketch.regions.area.clone()
    area[:, 0] = 0  # ink
    same = (colors.unsqueeze(1) - colors.unsqueeze(2)).abs().sum(3) < 1e-3
    best = (same * area.unsqueeze(1)).sum(2).masked_fill(area == 0, -1).argmax(1)
    return everywhere(sketch, colors[torch.arange(len(sketch)), best])


def one_colour(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The page in the palette's commonest colour."""
    return everywhere(sketch, commonest_entry(sketch))


def background_and_one_colour(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The true background, all other regions flooded with the palette's commonest colour."""
    return keep_background(sketch, everywhere(sketch, commonest_entry(sketch)))


def random_colours(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """Any palette colour for each region, the background too."""
    pick = random_entries(sketch, sketch.regions.area.shape, generator)
    return paint(pick, sketch.regions.region_index)


def background_and_random_colours(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """The true background, any palette colour for each other region."""
    return keep_background(sketch, random_colours(sketch, generator))


def permuted_colours(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The right groups in each other's colours: each true colour gives way to the next.

    The background keeps its own, unless there is but one colour to permute with it.
    """
    colors = region_colors(sketch).cpu()
    for n in range(len(sketch)):
        known = sketch.regions.area[n].cpu() > 0
        known[0] = False
        inside = known.clone()
        inside[sketch.regions.background[n]] = False
        if len(colors[n][inside].round(decimals=3).unique(dim=0)) > 1:
            known = inside
        distinct, group = colors[n][known].round(decimals=3).unique(dim=0, return_inverse=True)
        colors[n][known] = distinct.roll(1, 0)[group]
    return paint(colors.to(sketch.line.device), sketch.regions.region_index)


def map_colouring(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """Neighbours always differ: a greedy map colouring with the palette and its negatives."""
    flats_of(sketch)
    assert sketch.palette is not None and sketch.share is not None
    colors = torch.zeros(*sketch.regions.area.shape, 3, device=sketch.line.device)
    for n, edges in enumerate(sketch.regions.edges.tolist()):
        palette = sketch.palette[n, sketch.share[n] > 0]
        inks = torch.cat([palette, 1 - palette])
        colors[n] = inks[_map_colors(edges, colors.shape[1], len(inks))]
    return paint(colors, sketch.regions.region_index)


def grey(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth without its hues."""
    lab = srgb_to_lab(flats_of(sketch), 1)
    return lab_to_srgb(lab * lab.new_tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1), 1).clamp(0, 1)


def muddy(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth half way to middle grey, paper kept."""
    flats = flats_of(sketch)
    return torch.where(flats.amin(1, keepdim=True) > 0.99, flats, 0.5 * flats + 0.25)


def inverted(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """Every colour's negative on the true background: right groups, right contrasts."""
    return keep_background(sketch, 1 - flats_of(sketch))


def faint(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth at a sixth of its opacity on white.

    Colourings have no alpha channel, so alpha cannot be cheated with: this is what it would buy.
    """
    return 1 - (1 - flats_of(sketch)) / 6


def near_white(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The true background, everything else in a grey that is only just not paper: 9 dE from it."""
    barely = lab_to_srgb(flats_of(sketch).new_tensor([[91.0, 0.0, 0.0]]), 1)
    return keep_background(sketch, everywhere(sketch, barely.expand(len(sketch), -1)))


def neighbour_colours(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """Each region in the true colour of its longest neighbour, the background's if it has no other.

    The background keeps its own.
    """
    regions = sketch.regions
    contact = torch.zeros(*regions.area.shape, regions.n_slots, device=regions.area.device)
    row = torch.arange(len(sketch), device=regions.area.device).unsqueeze(1)
    i, j = regions.edges.unbind(2)
    contact[row, i, j] = regions.contact
    contact[row, j, i] = regions.contact
    contact[row, :, regions.background.unsqueeze(1)] *= 1e-6
    longest = contact.argmax(2, keepdim=True).expand(-1, -1, 3)
    copied = paint(region_colors(sketch).gather(1, longest), regions.region_index)
    return keep_background(sketch, copied)


def dealt_colours(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """The true colours of the regions permuted among them: right colours, about right shares."""
    colors, inside = region_colors(sketch), painted_regions(sketch).cpu()
    for n in range(len(sketch)):
        known = inside[n].nonzero().flatten()
        dealt = known[torch.randperm(len(known), generator=generator)]
        colors[n, known] = colors[n, dealt]
    return paint(colors, sketch.regions.region_index)


def small_regions_ignored(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """The truth in the larger half of the regions, some other palette entry in the smaller half."""
    inside = painted_regions(sketch)
    area = sketch.regions.area.masked_fill(~inside, torch.inf)
    small = area.argsort(1).argsort(1) < (inside.sum(1, keepdim=True) + 1) // 2
    colors = region_colors(sketch)
    other = other_entries(sketch, colors, generator)
    return paint(torch.where(small.unsqueeze(2), other, colors), sketch.regions.region_index)


def small_regions_blank(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The smallest painted regions blank, up to 12 % of the painted area; one at the least."""
    colors = region_colors(sketch)
    painted = painted_regions(sketch) & (colors.amin(2) < 0.9)  # white paint is blank already
    order = sketch.regions.area.masked_fill(~painted, torch.inf).argsort(1)
    area = (sketch.regions.area * painted).gather(1, order)
    few = area.cumsum(1) <= 0.12 * area.sum(1, keepdim=True)
    few[:, 0] = True
    bare = torch.zeros_like(painted).scatter(1, order, few) & painted
    return paint(torch.where(bare.unsqueeze(2), 1.0, colors), sketch.regions.region_index)


def largest_region_off(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth, its largest region 8 L* darker, or lighter where it is dark."""
    largest = (sketch.regions.area * painted_regions(sketch)).argmax(1)
    lab, row = srgb_to_lab(region_colors(sketch), 2), torch.arange(len(sketch))
    lightness = lab[row, largest, 0]
    lab[row, largest, 0] = torch.where(lightness > 50, lightness - 8, lightness + 8)
    return paint(lab_to_srgb(lab, 2).clamp(0, 1), sketch.regions.region_index)


def _map_colors(edges: list[list[int]], n_slots: int, n_inks: int) -> list[int]:
    """For each region the first ink that no neighbour of a smaller id has."""
    choice = [0] * n_slots
    for region in range(1, n_slots):
        taken = {choice[i] for i, j in edges if j == region and 0 < i < j}
        choice[region] = next((ink for ink in range(n_inks) if ink not in taken), 0)
    return choice
