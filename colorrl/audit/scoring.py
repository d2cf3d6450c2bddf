"""A colouring of all audited sketches, scored at the final tolerances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.report.sheet import Strip
from colorrl.rewards.cheats.given import flats_of, region_colors
from colorrl.rewards.reading import paint
from colorrl.rewards.total import TotalReward
from colorrl.types import SketchBatch

SHOWN = 8  # sketches on the contact sheet
TIE = 1e-3  # totals closer than this are equal: fp32 sums of thousands of pixels
VISIBLE = 5.0  # CIEDE2000 from which a pixel is wrong, as in metrics.py


@dataclass(frozen=True, slots=True)
class Scored:
    """One colouring of each of M sketches."""

    total: Tensor  # (M,)
    term: dict[str, Tensor]  # name -> (M,)
    right: Tensor  # (M,) as ``right_share``
    image: Tensor  # (SHOWN, 3, H, W) under their line art, for people to look at


def joined(parts: Sequence[Scored]) -> Scored:
    """The scores of batches as one."""
    return Scored(
        total=torch.cat([p.total for p in parts]),
        term={name: torch.cat([p.term[name] for p in parts]) for name in parts[0].term},
        right=torch.cat([p.right for p in parts]),
        image=torch.cat([p.image for p in parts])[:SHOWN],
    )


def score_batch(reward: TotalReward, sketch: SketchBatch, image: Tensor) -> Scored:
    """``image`` (N, 3, H, W) as ``reward`` sees it, each on its own."""
    with torch.no_grad():
        alone = torch.arange(len(sketch), device=image.device)
        scores = reward.score(image, sketch, alone, progress=1.0)
        right = right_share(image, sketch)
    term = {name: value.cpu() for name, value in scores.term.items()}
    shown = (image[:SHOWN] * sketch.line[:SHOWN]).cpu()
    return Scored(scores.total.cpu(), term, right.cpu(), shown)


def right_share(image: Tensor, sketch: SketchBatch) -> Tensor:
    """(N,) share of pixels within VISIBLE of the true flats, of open ones or of ink's, the lesser.

    Under ink the colour of the region across the line is right, too.
    """
    flats, regions = flats_of(sketch), sketch.regions
    across = torch.where(regions.across > 0, regions.across, regions.region_index)
    lab, true, other = (
        srgb_to_lab(x, 1).movedim(1, -1)
        for x in (image, flats, paint(region_colors(sketch), across))
    )
    is_open = regions.label > 0
    near = delta_e_2000(lab, true) <= VISIBLE
    near_either = near | (delta_e_2000(lab, other) <= VISIBLE)
    return _share(near, is_open).minimum(_share(near_either, ~is_open))


def _share(hit: Tensor, of: Tensor) -> Tensor:
    """(N,) share of the pixels ``of`` (N, H, W) that are ``hit``; 1 where there are none."""
    missed = (~hit & of).sum((1, 2))
    return 1 - missed / of.sum((1, 2)).clamp(min=1)


def lead(truth: Scored, other: Scored) -> Tensor:
    """(M,) bool: the truth's total is strictly higher."""
    return truth.total - other.total > TIE


def strip(label: str, scored: Scored) -> Strip:
    """A row of the contact sheet, totals below the pictures."""
    captions = [f"{t:.2f}" for t in scored.total[:SHOWN].tolist()]
    return Strip(label.replace("_", " "), scored.image, captions)
