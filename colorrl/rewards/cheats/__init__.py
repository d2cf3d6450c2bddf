"""Colourings that please a careless reward: each must score well below the truth.

Every cheat is ``(sketch, generator) -> image`` (N, 3, H, W), sRGB in [0, 1], for paired sketches.
To add one: a function in ``flat.py`` or ``pixels.py``, its name below.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from colorrl.rewards.cheats import flat, pixels
from colorrl.types import SketchBatch

Cheat = Callable[[SketchBatch, torch.Generator], Tensor]

# One color a region, under its ink too: what a region-exact generator can paint.
FLAT: dict[str, Cheat] = {
    f.__name__: f
    for f in (
        flat.white_page,
        flat.dominant_colour,
        flat.one_colour,
        flat.background_and_one_colour,
        flat.random_colours,
        flat.background_and_random_colours,
        flat.permuted_colours,
        flat.dealt_colours,
        flat.neighbour_colours,
        flat.map_colouring,
        flat.small_regions_ignored,
        flat.small_regions_blank,
        flat.largest_region_off,
        flat.inverted,
        flat.grey,
        flat.muddy,
        flat.faint,
        flat.near_white,
    )
}
CHEATS: dict[str, Cheat] = FLAT | {
    f.__name__: f
    for f in (
        pixels.line_copied,
        pixels.colour_in_lines,
        pixels.beside_lines,
        pixels.half_flooded,
        pixels.checkerboard,
        pixels.dither,
        pixels.striped,
        pixels.texture,
        pixels.gradient,
        pixels.blur,
        pixels.shift,
        pixels.noise,
        pixels.palette_noise,
        pixels.shuffled_pixels,
        pixels.salt_and_pepper,
        pixels.sparse_inverted,
        pixels.magenta_under_ink,
        pixels.colour_under_ink,
    )
}
