"""Perceptual likeness to the truth, both under their line art, by LPIPS."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from colorrl.lpips_net import Net, distance, features, load_lpips
from colorrl.rewards.reading import Reading
from colorrl.types import SketchBatch, TermScore


class Perceptual:
    """1 - min(1, LPIPS(flats x line, truth x line)), in [0, 1].

    At the images' own size, at least 32 px: LPIPS was calibrated on patches of 64 px. It hardly
    sees hue in flat areas and likes texture, so it is a bounded penalty, never a gate, and has
    no region reading. Cheated by shading; consistency stops that.
    """

    sees_truth: ClassVar[bool] = True
    reads_regions: ClassVar[bool] = False

    def __init__(self, role: str, weight: float, net: Net) -> None:
        """Loads the weights; raises UserError, naming the remedies, if there are none."""
        self.role = role
        self.weight = weight
        self.model = load_lpips(net, "cpu")

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        if sketch.flats is None:
            raise ValueError(
                f"reward term 'perceptual' needs the true flats and sketch '{sketch.id[0]}' has "
                "none: use paired data, or a reward without this term"
            )
        model = self.model.to(reading.image.device)
        ours = features(model, reading.image.float() * sketch.line)
        # A group's samples share one truth, which need not go through the network for each.
        first, row = _first_rows(sketch)
        true = features(model, sketch.flats[first] * sketch.line[first])
        away = distance(model, ours, [layer[row] for layer in true])
        return TermScore(1 - away.clamp(0, 1))


def _first_rows(sketch: SketchBatch) -> tuple[Tensor, Tensor]:
    """Rows that are no copies of one before, and for each of the N rows its place among those."""
    places: dict[int, int] = {}
    row = [places.setdefault(i, len(places)) for i in sketch.row or range(len(sketch))]
    first = [row.index(place) for place in range(len(places))]
    device = sketch.line.device
    return torch.tensor(first, device=device), torch.tensor(row, device=device)
