"""What a colouring made without a palette is judged by: there is more than one right answer.

Plausible is what looks like a palette of the train split (`palette_distance`). That alone is bought
with one likely palette for all drawings, white above all, so two figures watch over it: how far the
true palettes lie from what was made of the whole split (`palette_coverage`), and how much the
samples of one sketch differ (`diversity`). The truth and random colours give the scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.data.colors import region_colors
from colorrl.metrics import region_lab
from colorrl.types import Sketch, SketchBatch

Figures = dict[str, Tensor]
Colored = list[Tensor]  # of each sketch (R, 3) Lab
PARTS = 20  # of equal area, into which a drawing's colours are cut: a palette is then a list


@dataclass(frozen=True, slots=True)
class PaletteBook:
    """P palettes, each PARTS colours of equal area; D colours in all."""

    color: Tensor  # (D, 3) Lab
    palette: Tensor  # (P, PARTS) int64, rows of ``color``

    def distance(self, lab: Tensor, area: Tensor) -> float:
        """CIEDE2000 from a colouring to the nearest palette, colours matched one to one by area.

        ``lab`` (R, 3), ``area`` (R,) of its regions. The cheapest matching of equal parts is the
        earth mover's distance (Rubner, Tomasi and Guibas 2000). NaN without regions.
        """
        if not area.any():
            return math.nan
        own, count = parts(lab, area).unique(dim=0, return_counts=True)
        away = delta_e_2000(own.unsqueeze(1), self.color)[:, self.palette]  # (k, P, PARTS)
        # what each part costs if others may take its partner too: never more than the matching
        there = away.amin(0).mean(1)
        back = (away.amin(2) * count[:, None]).sum(0) / PARTS
        bound = torch.maximum(there, back)
        best = math.inf
        for row in bound.argsort().tolist():
            if bound[row] >= best:
                break
            cost = away[:, row].repeat_interleave(count, 0).numpy()
            best = min(best, float(cost[linear_sum_assignment(cost)].mean()))
        return best


def parts(lab: Tensor, area: Tensor) -> Tensor:
    """(PARTS, 3): the colours ``lab`` (R, 3), each as often as its share of ``area`` (R,) says.

    Systematic sampling: a colour may have one part more or less than its share.
    """
    marks = (torch.arange(PARTS) + 0.5) / PARTS
    return lab[torch.searchsorted(area.double().cumsum(0) / area.double().sum(), marks.double())]


def book_of(palettes: Sequence[Tensor]) -> PaletteBook:
    """The ``palettes``, each (PARTS, 3) Lab, without duplicates."""
    color, index = torch.stack([*palettes]).flatten(0, 1).unique(dim=0, return_inverse=True)
    # sorted, so that two drawings of one palette are one
    return PaletteBook(color, index.view(-1, PARTS).sort(1).values.unique(dim=0))


def true_palettes(sketches: Sequence[Sketch]) -> PaletteBook:
    """The palettes of ``sketches``: all regions but the background count, bare ones as paper."""
    made = []
    for sketch in sketches:
        if sketch.flats is None:
            raise ValueError(f"sketch '{sketch.id}' has no flats")
        inside = sketch.regions.weight > 0
        if inside.any():
            color = region_colors(sketch.flats, sketch.regions)[inside]
            made.append(parts(srgb_to_lab(color, 1), sketch.regions.area[inside]))
    return book_of(made)


def watched(
    samples: Sequence[Colored], batches: Sequence[SketchBatch], train: PaletteBook
) -> Figures:
    """name -> (M,) over the M sketches of ``batches``; ``samples`` as `colors_of` has them.

    eval/palette_distance: CIEDE2000 from a sample's colours to the nearest palette of ``train``,
    mean over samples; eval/palette_coverage: from the true colours to the nearest of those made of
    any sketch of the split, first samples alone; eval/diversity: between samples of a sketch.
    """
    area = [row for batch in batches for row in _areas(batch)]
    truth = colors_of(torch.cat([_flats(batch) for batch in batches]), batches)
    own = book_of([parts(lab, a) for lab, a in zip(samples[0], area, strict=True) if len(a)])
    distance = [[train.distance(*pair) for pair in zip(lab, area, strict=True)] for lab in samples]
    return {
        "eval/palette_distance": torch.tensor(distance).mean(0),
        "eval/palette_coverage": torch.tensor(
            [own.distance(*pair) for pair in zip(truth, area, strict=True)]
        ),
        "eval/diversity": torch.tensor(
            [diversity([lab[m] for lab in samples], a) for m, a in enumerate(area)]
        ),
    }


def colors_of(images: Tensor, batches: Sequence[SketchBatch]) -> Colored:
    """Of each sketch (R, 3) Lab of its regions but the background, ``images`` (M, 3, H, W)."""
    chunks = images.split([len(batch) for batch in batches])
    return [
        lab[weight > 0]
        for chunk, batch in zip(chunks, batches, strict=True)
        for lab, weight in zip(region_lab(chunk, batch), batch.regions.weight.cpu(), strict=True)
    ]


def _areas(batch: SketchBatch) -> list[Tensor]:
    pairs = zip(batch.regions.area.cpu(), batch.regions.weight.cpu(), strict=True)
    return [area[weight > 0] for area, weight in pairs]


def _flats(batch: SketchBatch) -> Tensor:
    if batch.flats is None:
        raise ValueError(f"sketch '{batch.id[0]}' has no flats")
    return batch.flats


def diversity(samples: Sequence[Tensor], area: Tensor) -> float:
    """Mean CIEDE2000 between two of the ``samples`` (R, 3) Lab of one sketch, by ``area`` (R,).

    0 where there is one sample alone, NaN without regions.
    """
    if not area.any():
        return math.nan
    share = area / area.sum()
    away = [float(delta_e_2000(a, b) @ share) for a, b in combinations(samples, 2)]
    return sum(away) / max(1, len(away))
