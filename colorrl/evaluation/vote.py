"""Several samples of each sketch put to the vote."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from colorrl.bars import inner_bar
from colorrl.evaluation.baselines.assigned import at_shares
from colorrl.evaluation.judge import Judge
from colorrl.pages.page import region_medians
from colorrl.pages.vote import most_agreed
from colorrl.rewards.reading import paint
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch

Draw = Callable[[int], Tensor]  # seed -> flats (M, 3, H, W) of all sketches
Ballots = Callable[[int], list[Tensor]]  # seed -> of each batch (n, N, R+1, 3) by n samples


def cast(judge: Judge, draw: Draw, seed: int, n: int) -> list[Tensor]:
    """Of each batch (n, N, R+1, 3) sRGB: the colours that ``n`` samples give its regions."""
    said: list[list[Tensor]] = []
    for i in inner_bar(range(n), desc=f"vote of {n}", unit="sample"):
        images = draw(sample_seed(seed, i)).cpu().split([len(batch) for batch in judge.batches])
        said.append([flat_colors(*pair) for pair in zip(images, judge.batches, strict=True)])
    return [torch.stack(of_batch) for of_batch in zip(*said, strict=True)]


def voted(judge: Judge, ballots: Ballots, seed: int) -> Tensor:
    """(M, 3, H, W): of each sketch what most samples agree on."""
    pairs = zip(judge.batches, ballots(seed), strict=True)
    elected = [
        (batch, torch.stack([most_agreed(said[:, n])[0] for n in range(len(batch))]))
        for batch, said in pairs
    ]
    return torch.cat([painted(batch, colors) for batch, colors in elected])


def voted_at_shares(judge: Judge, ballots: Ballots, seed: int, strength: float) -> Tensor:
    """(M, 3, H, W): what the samples agree on, adjusted to the given shares."""
    draw = torch.Generator().manual_seed(seed_of(seed, 14))
    pairs = zip(judge.batches, ballots(seed), strict=True)
    return torch.cat([painted(b, at_shares(b, said, strength, draw)) for b, said in pairs])


def painted(batch: SketchBatch, colors: Tensor) -> Tensor:
    """(N, 3, H, W) with the ``colors`` (N, R+1, 3) of its regions."""
    return paint(colors.to(batch.line.device), batch.regions.region_index)


def flat_colors(images: Tensor, batch: SketchBatch) -> Tensor:
    """(N, R+1, 3) sRGB: the median colours of the regions of ``images`` (N, 3, H, W); white for ink
    and where there is no region."""
    colors = torch.ones(len(batch), batch.regions.n_slots, 3)
    for n, (image, label) in enumerate(zip(images, batch.regions.label.cpu(), strict=True)):
        found = region_medians(image, label)[1:]
        colors[n, 1 : 1 + len(found)] = found
    return colors


def sample_seed(seed: int, i: int) -> int:
    """Of the ``i``-th sample of a run's ``seed``."""
    return seed if i == 0 else seed_of(seed, 9, i)
