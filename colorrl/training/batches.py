"""Sketches as batches that a network reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from colorrl.config.schema.data import AugmentConfig
from colorrl.config.schema.words import PaletteCondition
from colorrl.data.augmentation.augment import augment
from colorrl.data.batch import collate
from colorrl.types import Sketch, SketchBatch


@dataclass(frozen=True, slots=True)
class BatchMaker:
    """How a run's sketches are augmented and padded."""

    augment: AugmentConfig
    palette_condition: PaletteCondition
    n_palette: int  # palette entries that a batch holds
    device: torch.device

    def __call__(
        self, sketches: Sequence[Sketch], seeds: Sequence[int], n_slots: int | None = None
    ) -> SketchBatch:
        """The batch of ``sketches``, each augmented by its seed, padded to ``n_slots`` regions.

        None = as many regions as the largest of them has.
        """
        augmented = [
            augment(sketch, seed, self.augment, self.palette_condition)
            for sketch, seed in zip(sketches, seeds, strict=True)
        ]
        return collate(augmented, n_slots, self.n_palette).to(self.device)
