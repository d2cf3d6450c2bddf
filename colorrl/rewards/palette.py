"""Palette adherence: every region's colour is one of the palette's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from colorrl.color import delta_e_2000
from colorrl.rewards.reading import PAPER, Reading, asked_palette
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class PaletteAdherence:
    """sum_r w_r exp(-max(0, min_k d00(c_r, p_k) - slack) / tau), in [0, 1].

    Read at the regions' robust colours, where CIEDE2000 is cheap: a pixel is at most its distance
    to c_r, which consistency scores, farther from the palette than c_r is. Paper belongs to
    every palette; where it may show is coverage's business. 1 where the palette is empty (nothing
    was asked). ``slack`` and ``tau`` in dE. Cheated by any one palette colour everywhere;
    accuracy, grouping and adjacency stop that.
    """

    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    slack: float
    tau: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        entries, share = asked_palette(sketch, "palette")
        away = delta_e_2000(reading.center.unsqueeze(2), entries.unsqueeze(1))  # (N, R+1, K)
        away = away.masked_fill((share == 0).unsqueeze(1), torch.inf).amin(2)
        away = away.minimum(delta_e_2000(reading.center, reading.center.new_tensor(PAPER)))
        region = torch.exp(-(away - self.slack).clamp(min=0) / self.tau)
        asked = (share > 0).any(1, keepdim=True)
        region = torch.where(asked, region, 1.0)
        sensitivity = sketch.regions.weight
        return TermScore((sensitivity * region).sum(1), region, sensitivity)
