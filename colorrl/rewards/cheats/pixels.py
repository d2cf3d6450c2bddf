"""Cheats that no flat colouring can be: textures, halves of regions, the line art, misprints."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d
from torchvision.transforms.functional import gaussian_blur

from colorrl.color import lab_to_srgb, srgb_to_lab
from colorrl.rewards.cheats.given import (
    checker,
    commonest_entry,
    everywhere,
    flats_of,
    keep_background,
    other_entries,
    random_entries,
    region_colors,
)
from colorrl.rewards.reading import paint
from colorrl.types import SketchBatch


def line_copied(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The line art itself."""
    return sketch.line.expand_as(flats_of(sketch)).clone()


def colour_in_lines(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The true colours under the ink alone, the rest blank."""
    return torch.where(sketch.regions.label.unsqueeze(1) == 0, flats_of(sketch), 1.0)


def beside_lines(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth up to two pixels from a line, the rest of the page blank."""
    ink = (sketch.regions.label.unsqueeze(1) == 0).float()
    return torch.where(max_pool2d(ink, 5, 1, 2) > 0, flats_of(sketch), 1.0)


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
    return random_entries(sketch, (n, h * w), generator).transpose(1, 2).reshape(n, 3, h, w)


def shuffled_pixels(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """The truth's own pixels in random places: the palette in exactly the right shares."""
    flats = flats_of(sketch)
    places = torch.rand(len(sketch), flats[0, 0].numel(), generator=generator).argsort(1)
    index = places.to(flats.device).unsqueeze(1).expand(-1, 3, -1)
    return flats.flatten(2).gather(2, index).view_as(flats)


def checkerboard(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """In each region its true colour and another palette entry, pixel by pixel in turn."""
    other = _other(sketch, generator)
    return keep_background(sketch, torch.where(checker(sketch, 1), flats_of(sketch), other))


def dither(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """Two colours, pixel by pixel in turn, whose mean is the true one; up to 0.3 from it."""
    flats = flats_of(sketch)
    swing = flats.minimum(1 - flats).clamp(max=0.3)
    return torch.where(checker(sketch, 1), flats + swing, flats - swing)


def striped(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """Three columns of the truth, then two of another entry: each region's median stays right."""
    column = torch.arange(sketch.line.shape[3], device=sketch.line.device) % 5 < 3
    striped = torch.where(column, flats_of(sketch), _other(sketch, generator))
    return keep_background(sketch, striped)


def texture(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth, every other pixel 3 dE lighter and darker: just under what a judge would see."""
    return _lightened(flats_of(sketch), checker(sketch, 1) * 6.0 - 3.0)


def gradient(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth lit from above: 12 L* lighter at the top of the page, darker at its foot."""
    height = sketch.line.shape[2]
    light = torch.linspace(12, -12, height, device=sketch.line.device).view(1, 1, -1, 1)
    return keep_background(sketch, _lightened(flats_of(sketch), light))


def salt_and_pepper(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """The truth with one pixel in seven in any colour: where an ascent from noise ended up."""
    flats = flats_of(sketch)
    drawn = torch.rand(len(sketch), 4, *flats.shape[2:], generator=generator).to(flats.device)
    return torch.where(drawn[:, 3:] < 1 / 7, drawn[:, :3], flats)


def sparse_inverted(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """The truth with one pixel in twenty inverted."""
    flats = flats_of(sketch)
    hit = torch.rand(len(sketch), 1, *flats.shape[2:], generator=generator).to(flats.device) < 0.05
    return torch.where(hit, 1 - flats, flats)


def magenta_under_ink(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth, magenta under all ink: an opaque line hides it."""
    magenta = flats_of(sketch).new_tensor([[1.0, 0.0, 1.0]]).expand(len(sketch), -1)
    return _under_ink(sketch, magenta)


def colour_under_ink(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """The truth, any one colour under all ink."""
    return _under_ink(sketch, torch.rand(len(sketch), 3, generator=generator))


def half_flooded(sketch: SketchBatch, _: torch.Generator) -> Tensor:
    """The truth on the left half of the page, the palette's commonest colour on the right."""
    left = torch.arange(sketch.line.shape[3], device=sketch.line.device) < sketch.line.shape[3] // 2
    flood = everywhere(sketch, commonest_entry(sketch))
    return keep_background(sketch, torch.where(left, flats_of(sketch), flood))


def blurred(image: Tensor, sigma: float) -> Tensor:
    """``image`` under a Gaussian of ``sigma`` pixels."""
    return gaussian_blur(image, [2 * round(3 * sigma) + 1] * 2, [sigma, sigma])


def _under_ink(sketch: SketchBatch, color: Tensor) -> Tensor:
    """The truth with ``color`` (N, 3) of its own under each drawing's ink."""
    flats = flats_of(sketch)
    under = everywhere(sketch, color.to(flats.device))
    return torch.where(sketch.regions.label.unsqueeze(1) == 0, under, flats)


def _other(sketch: SketchBatch, generator: torch.Generator) -> Tensor:
    """(N, 3, H, W) a palette entry for each region that is not its own."""
    other = other_entries(sketch, region_colors(sketch), generator)
    return paint(other, sketch.regions.region_index)


def _lightened(image: Tensor, by: Tensor) -> Tensor:
    """``image`` with ``by`` (1, 1, H, W) added to its L*."""
    lab = srgb_to_lab(image, 1)
    moved = torch.cat([(lab[:, :1] + by).clamp(0, 100), lab[:, 1:]], 1)
    return lab_to_srgb(moved, 1).clamp(0, 1)
