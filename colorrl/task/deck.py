"""Drawings as decision problems: which palette entry does each region wear?

A deck holds M drawings of one size. Regions are named by their rank: row 0 is the largest. The
background is not coloured; a region without an entry shows paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from colorrl.data.batch import collate
from colorrl.policy.region_layers import region_geometry, region_matrix
from colorrl.rewards.cheats.given import painted_regions
from colorrl.rewards.reading import inside_share, paint
from colorrl.rewards.total import TotalReward
from colorrl.types import Sketch, SketchBatch

BARE = -1  # the entry of a region that shows paper
CHUNK = 128  # pages scored in one call


@dataclass(frozen=True, slots=True)
class Deck:
    """M drawings padded to R regions and K palette entries."""

    sketch: SketchBatch  # M rows
    region: Tensor  # (M, R) int64 ids by area, the largest first; 0 = padding
    n_regions: Tensor  # (M,) int64
    n_entries: Tensor  # (M,) int64, the first entries of the palette
    feature: Tensor  # (M, R, 7) geometry of each region and its share of the coloured area
    touching: Tensor  # (M, R, R) contact of two regions as a share of the first one's contact

    def __len__(self) -> int:
        return len(self.n_regions)

    @property
    def n_palette(self) -> int:
        """K."""
        assert self.sketch.palette is not None
        return self.sketch.palette.shape[1]


def make_deck(sketches: Sequence[Sketch]) -> Deck:
    """The deck of ``sketches`` of one size.

    Raises ValueError for a drawing without a palette or without a region to colour.
    """
    batch = collate(sketches)
    if batch.share is None:
        raise ValueError(f"'{batch.id[0]}' has no palette: give drawings whose colours are known")
    inside = painted_regions(batch)
    n_regions, n_entries = inside.sum(1), (batch.share > 0).sum(1)
    for name, n_of, n_in in zip(batch.id, n_regions, n_entries, strict=True):
        if not n_of or not n_in:
            raise ValueError(f"'{name}' has {n_of} regions to colour and {n_in} palette entries")
    area = batch.regions.area.masked_fill(~inside, -1)
    region = area.argsort(dim=1, descending=True, stable=True)[:, : int(n_regions.max())]
    region = region * (torch.arange(region.shape[1]) < n_regions[:, None])
    feature, touching = _features(batch)
    width = region.shape[1]
    there = (region > 0)[..., None]
    touching = touching.gather(1, region[..., None].expand(-1, -1, touching.shape[2]))
    touching = touching.gather(2, region[:, None].expand(-1, width, -1))
    feature = feature.gather(1, region[..., None].expand(-1, -1, feature.shape[2]))
    whole = touching.sum(2, keepdim=True).clamp(min=1e-6)
    return Deck(batch, region, n_regions, n_entries, feature * there, touching / whole)


def fits(sketch: Sketch, max_regions: int | None, max_entries: int | None) -> bool:
    """Whether a drawing has a palette and no more regions to colour and entries; None: any."""
    if sketch.share is None or not sketch.share.any():
        return False
    n_regions = int((sketch.regions.area[1:] > 0).sum()) - (sketch.regions.background > 0)
    few = max_regions is None or n_regions <= max_regions
    return few and (max_entries is None or int((sketch.share > 0).sum()) <= max_entries)


def select(deck: Deck, drawing: Tensor) -> SketchBatch:
    """The sketches (N rows) of the drawings ``drawing`` (N,)."""
    return deck.sketch.select(drawing.tolist())


def paint_entries(deck: Deck, drawing: Tensor, entry: Tensor) -> Tensor:
    """Pages (N, 3, H, W) sRGB of the drawings ``drawing`` (N,), regions in ``entry`` (N, R).

    BARE, and an entry that the drawing's palette lacks, leave a region bare.
    """
    palette = deck.sketch.palette
    assert palette is not None
    bare = (entry < 0) | (entry >= deck.n_entries[drawing, None])
    index = entry.clamp(0, palette.shape[1] - 1)[..., None].expand(-1, -1, 3)
    chosen = torch.where(bare[..., None], 1.0, palette[drawing].gather(1, index))  # (N, R, 3)
    region = deck.region[drawing]
    color = torch.ones(len(drawing), deck.sketch.regions.n_slots, 3)
    color = color.scatter(1, region[..., None].expand(-1, -1, 3), chosen)
    color[:, 0] = 1.0  # where padding was written
    return paint(color, deck.sketch.regions.region_index[drawing])


def totals(deck: Deck, reward: TotalReward, drawing: Tensor, entry: Tensor) -> Tensor:
    """(N,) total reward at its final tolerances of the pages of ``paint_entries``."""
    parts = []
    for rows, chosen in zip(drawing.split(CHUNK), entry.split(CHUNK), strict=True):
        page, alone = paint_entries(deck, rows, chosen), torch.arange(len(rows))
        parts.append(reward.score(page, select(deck, rows), alone, progress=1.0).total)
    return torch.cat(parts)


def _features(batch: SketchBatch) -> tuple[Tensor, Tensor]:
    """(M, S, 7) features and (M, S, S) contact in pixels of all region slots."""
    regions = batch.regions
    member = region_matrix(regions.region_index, regions.n_slots)
    geometry = region_geometry(member, regions.area[..., None], regions.background)
    share = inside_share(regions)[..., None]
    contact = torch.zeros(len(batch), regions.n_slots, regions.n_slots)
    row = torch.arange(len(batch))[:, None].expand_as(regions.contact)
    for one, other in ((0, 1), (1, 0)):
        ends = (row, regions.edges[..., one], regions.edges[..., other])
        contact.index_put_(ends, regions.contact, accumulate=True)
    contact[:, 0] = contact[:, :, 0] = 0
    return torch.cat([geometry[..., :6], share], 2), contact
