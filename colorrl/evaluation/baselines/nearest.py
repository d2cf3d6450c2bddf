"""Nearest-region colouring: a region gets the colour of similar regions of the train split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.data.batch import collate
from colorrl.evaluation.baselines.assigned import colored
from colorrl.evaluation.baselines.features import region_features
from colorrl.rewards.cheats.given import painted_regions, region_colors
from colorrl.types import Sketch, SketchBatch

# best of a grid on OpenMoji's val split: region accuracy by area .775 with shares (.593 without
# counting votes by the entry's share)
NEIGHBORS = 5
ALIKE = 30.0  # CIEDE2000 at which a neighbour's vote for a palette entry has fallen to 1 / e
ALIKE_SHARE = 0.3  # the same for what the neighbour's colour and the entry differ in share
PAPER_SHARE = 0.02  # what bare paper counts as, having no share


@dataclass(frozen=True, slots=True)
class NearestRegions:
    """M regions of known colour. Called as a baseline on any SketchBatch."""

    scale: Tensor  # (F,) what features are multiplied by
    feature: Tensor  # (M, F)
    color: Tensor  # (M, 3) sRGB, white where nothing is painted
    share: Tensor  # (M,) share of its drawing's painted area that has that colour

    def __call__(self, sketch: SketchBatch, draw: Generator) -> Tensor:
        """Flats (N, 3, H, W): the palette entry (or paper) that the neighbours vote for.

        Without a palette the colour of one of the neighbours, at random.
        """
        feature = torch.cat(region_features(sketch), 2) * self.scale.to(sketch.line.device)
        inside = painted_regions(sketch)
        color = torch.ones(*inside.shape, 3, device=feature.device)
        for n, known in enumerate(inside):
            near = self._nearest(feature[n][known])
            color[n, known] = self._chosen(sketch, n, near, draw).to(color.device)
        return colored(sketch, color)

    def _nearest(self, feature: Tensor) -> Tensor:
        """(R, NEIGHBOURS) rows of the regions nearest to ``feature`` (R, F)."""
        away = torch.cdist(feature.cpu(), self.feature)
        return away.topk(min(NEIGHBORS, len(self.feature)), largest=False).indices

    def _chosen(self, sketch: SketchBatch, n: int, near: Tensor, draw: Generator) -> Tensor:
        """(R, 3) sRGB of regions whose neighbours are the rows ``near`` (R, k)."""
        if sketch.palette is None or sketch.share is None or not sketch.share[n].any():
            pick = torch.randint(near.shape[1], (len(near), 1), generator=draw)
            return self.color[near.gather(1, pick)[:, 0]]
        given = sketch.share[n] > 0
        palette = torch.cat([sketch.palette[n][given].cpu(), torch.ones(1, 3)])  # paper last
        share = torch.cat([sketch.share[n][given].cpu(), torch.tensor([PAPER_SHARE])])
        away = delta_e_2000(
            srgb_to_lab(self.color[near], 2).unsqueeze(2), srgb_to_lab(palette, 1)
        )  # (R, k, K + 1)
        unlike = (self.share[near].unsqueeze(2) - share).abs()
        vote = torch.exp(-away / ALIKE - unlike / ALIKE_SHARE).sum(1) * share
        return palette[vote.argmax(1)]


def fit(train: Sequence[Sketch]) -> NearestRegions:
    """The painted and bare regions of ``train``, backgrounds left out, of one image size.

    Features are scaled to a variance of one a group of them. Raises ValueError without flats.
    """
    features, colors, shares, widths = [], [], [], []
    for chunk in (train[i : i + 32] for i in range(0, len(train), 32)):
        batch = collate(chunk)
        inside = painted_regions(batch)
        groups = region_features(batch)
        widths = [group.shape[2] for group in groups]
        features.append(torch.cat(groups, 2)[inside])
        colors.append(region_colors(batch)[inside])
        shares.append(_shares(batch)[inside])
    feature = torch.cat(features)
    spread = feature.std(0).clamp(min=1e-3)
    group_width = torch.cat([torch.full((w,), float(w)) for w in widths])
    scale = 1 / (spread * group_width.sqrt())
    return NearestRegions(scale, feature * scale, torch.cat(colors), torch.cat(shares))


def _shares(batch: SketchBatch) -> Tensor:
    """(N, R+1) share of the palette entry of each region; 0 where nothing is painted."""
    assert batch.palette is not None and batch.share is not None and batch.flats is not None
    away = torch.cdist(region_colors(batch), batch.palette)
    away = away.masked_fill((batch.share == 0)[:, None], torch.inf)
    distance, entry = away.min(2)
    return torch.where(distance < 0.02, batch.share.gather(1, entry), 0.0)
