"""Palette recall: the palette's colours appear, each on its share of the painted area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from colorrl.color import delta_e_2000
from colorrl.rewards.reading import PAPER, Reading, asked_palette, inside_share
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class PaletteRecall:
    """(1 - balance) U + balance V, in [0, 1]: how much of what was asked is there.

    U = sum_k min(q_k, a_k), the share of the painted area that is as was asked, and V = mean_k
    min(1, a_k / q_k), in which each entry counts alike: the colour of eyes has next to no area.
    q_k is the target share of entry k, a_k the area of regions that have it over the painted area;
    a region has the entry nearest in CIEDE2000, by exp(-max(0, d00 - slack) / tau). Entries as
    white as paper get the blank area, up to what they ask for: the rest is coverage's business.
    A region between paper and its color is painted, and matches badly: were it blank, paling a
    region would cost nothing here. 1 where nothing is asked. ``slack`` and ``tau`` in dE,
    ``near_paper`` the dE within which an entry or a region is as white as paper.

    U is 1 - EMD for a ground distance of 0 between equal and 1 between different colours, and
    exact in one pass. A ground distance that grows with dE forgives surplus of one entry for
    lack of a similar one, needs an entropic solver of some 50 steps per batch and is then off by
    its own blur at the truth; how near a colour is to its entry is already in the soft match.

    Cheated by the right shares in the wrong places, of which it sees nothing where regions are
    equal in area: adjacency and, where there is a truth, accuracy stop that.
    """

    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    slack: float
    tau: float
    near_paper: float
    balance: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        entries, target = asked_palette(sketch, "recall")  # (N, K, 3), (N, K)
        paper = entries.new_tensor(PAPER)
        white = delta_e_2000(entries, paper) < self.near_paper  # (N, K)
        target_white = (target * white).sum(1, keepdim=True)  # (N, 1)
        target = target * ~white
        match, nearest = self._nearest_entry(
            reading.center, entries, target > 0
        )  # (N, R+1), (N, R+1, K)
        area = inside_share(sketch.regions)  # (N, R+1)
        found = (area * match).unsqueeze(2) * nearest
        blank = area * ~nearest.any(2)
        # Paint other than white, then as much of the blank area as white asks for beside it.
        painted = (area - blank).sum(1, keepdim=True)
        as_white = blank.sum(1, keepdim=True).minimum(
            painted * target_white / (1 - target_white).clamp(min=1e-6)
        )
        whole = (painted + as_white).clamp(min=1e-6)
        kept = (target * whole / found.sum(1).clamp(min=1e-6)).clamp(max=1)  # (N, K)
        granted = as_white / blank.sum(1, keepdim=True).clamp(min=1e-6)
        sensitivity = (area - blank + blank * granted) / whole
        # V adds up the same readings, each over the share q that its entry asks for.
        asked_share = (nearest * target.unsqueeze(1)).sum(2) + (blank > 0) * target_white
        n_entries = ((target > 0).sum(1, keepdim=True) + (target_white > 0)).clamp(min=1)
        even = torch.where(asked_share > 0, 1 / (n_entries * asked_share.clamp(min=1e-6)), 0.0)
        sensitivity = sensitivity * (1 - self.balance + self.balance * even)
        region = torch.where(blank > 0, 1.0, match * (nearest * kept.unsqueeze(1)).sum(2))
        asked = target.sum(1, keepdim=True) > 0
        region, sensitivity = torch.where(asked, region, 1.0), sensitivity * asked
        value = torch.where(asked[:, 0], (sensitivity * region).sum(1), 1.0)
        return TermScore(value, region, sensitivity)

    def _nearest_entry(
        self, center: Tensor, entries: Tensor, asked: Tensor
    ) -> tuple[Tensor, Tensor]:
        """How well each region matches its nearest entry (N, R+1), and which that is (N, R+1, K).

        No entry where paper is nearer, and no further than ``near_paper``.
        """
        away = delta_e_2000(center.unsqueeze(2), entries.unsqueeze(1))  # (N, R+1, K)
        away = away.masked_fill(~asked.unsqueeze(1), torch.inf)
        least, index = away.min(2)
        away_from_paper = delta_e_2000(center, center.new_tensor(PAPER))
        blank = (away_from_paper <= least) & (away_from_paper <= self.near_paper)
        nearest = torch.nn.functional.one_hot(index, entries.shape[1]).bool() & ~blank.unsqueeze(2)
        return torch.exp(-(least - self.slack).clamp(min=0) / self.tau), nearest
