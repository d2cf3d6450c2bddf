"""What people prefer, as a model fitted to their rankings says."""

from __future__ import annotations

from typing import ClassVar

import torch

from colorrl.preferences.network import load_reward_model
from colorrl.rewards.reading import Reading
from colorrl.types import SketchBatch, TermScore


class Learned:
    """sigmoid(s / temperature), in [0, 1]: s the reward model's score, 0 for an average sample.

    With ``temperature`` 1 the probability to beat an average sample of the generator that the
    rankings were made from; larger keeps a slope where scores are far from 0. Knows only what
    it was shown: a policy that leaves those pictures behind can earn it for nothing, hence a KL.
    """

    reads_regions: ClassVar[bool] = False

    def __init__(self, role: str, weight: float, path: str, temperature: float) -> None:
        """Loads the model; UserError if there is none in the folder ``path``."""
        if not temperature > 0:
            raise ValueError(f"the temperature of a learned reward is {temperature}: above 0")
        self.role = role
        self.weight = weight
        self.temperature = temperature
        self.model = load_reward_model(path)

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        model = self.model.to(reading.image.device)
        score = model(reading.image.float(), sketch)
        return TermScore(torch.sigmoid(score / self.temperature))
