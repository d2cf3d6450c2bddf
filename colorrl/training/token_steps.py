"""Pretraining of region tokens: what a step draws, its loss, and its held-out figures."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from colorrl.config.schema.generator import PretrainConfig
from colorrl.data.batch import collate
from colorrl.data.draw import PoolOf, draw_from
from colorrl.data.palette_condition import condition_palette
from colorrl.data.token_rows import Drawing, TokenBatch, collate_views, view_of
from colorrl.policy.flow_matching import region_entry
from colorrl.policy.masked_diffusion import (
    COLOR_WEIGHT,
    code_entries,
    color_loss,
    entry_loss,
    hidden_regions,
)
from colorrl.policy.region_tokens import RegionTokens
from colorrl.policy.token_encoding import LineEncoding
from colorrl.policy.unmask import likeliest, painted
from colorrl.seeding import seed_of
from colorrl.types import Sketch, SketchBatch

MICRO = 24  # views of a padded batch: few regions are padded where they are of like number


def draw_views(
    pools: Sequence[PoolOf[Drawing]], cfg: PretrainConfig, step: int
) -> list[TokenBatch]:
    """The views of step ``step``, those of like numbers of regions in one batch."""
    drawn = draw_from(pools, cfg.batch_size, cfg.seed, step)
    views = [
        view_of(d, seed_of(cfg.seed, 4, step, i), cfg.colorings, cfg.augment)
        for i, d in enumerate(drawn)
    ]
    views.sort(key=lambda v: len(v.area))
    parts = [views[i : i + MICRO] for i in range(0, len(views), MICRO)]
    return [collate_views(part, cfg.n_palette) for part in parts]


def token_loss(network: RegionTokens, batch: TokenBatch, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """() summed loss of ``batch`` with ``hidden`` (M, S) regions, and () its cross entropy."""
    lines = network.read_lines(batch.sketch)
    given = (batch.share > 0).any(1)
    loss = surprise = lines.region.new_zeros(())
    for rows in (given.nonzero()[:, 0], (~given).nonzero()[:, 0]):
        if len(rows):
            of_rows = rows_loss(network, lines.select(batch.view[rows]), batch, hidden, rows)
            loss, surprise = loss + of_rows[0], surprise + of_rows[1]
    return loss, surprise


def rows_loss(
    network: RegionTokens, lines: LineEncoding, batch: TokenBatch, hidden: Tensor, rows: Tensor
) -> tuple[Tensor, Tensor]:
    """`token_loss` of ``rows`` that all have a palette, or none of which has one."""
    palette, share, entry = batch.palette[rows], batch.share[rows], batch.entry[rows]
    encoding = network.condition(lines, palette, share)
    off = encoding.token.new_zeros(())
    if not bool((share > 0).any()):
        true = batch.true_share[rows]
        taken = code_entries(palette * 2 - 1, true, encoding.color.detach().float())
        off = color_loss(palette * 2 - 1, taken, encoding.color.float(), true)
        entry = taken.gather(1, entry)
    log_share = network.log_shares(encoding, entry, ~hidden[rows] & lines.exists)
    surprise = entry_loss(log_share.float(), entry, batch.weight[rows] * hidden[rows])
    return surprise + COLOR_WEIGHT * off, surprise.detach()


def masks(batches: Sequence[TokenBatch], seed: int, step: int) -> list[Tensor]:
    """(M, S) bool of each batch: the regions that are hidden at ``step``."""
    draw = torch.Generator().manual_seed(seed_of(seed, 2, step))
    return [hidden_regions(batch.weight > 0, draw) for batch in batches]


@torch.no_grad()
def figures(network: RegionTokens, sketches: Sequence[Sketch], n_steps: int) -> dict[str, float]:
    """Of the likeliest colouring, colours alone given: nll, the mean nats of a true entry when
    nothing is known, and right, the share of the painted area in its own entry."""
    nll, right = [], []
    by_size = sorted(sketches, key=lambda s: s.regions.n_regions)
    for chunk in (by_size[i : i + 32] for i in range(0, len(by_size), 32)):
        batch = condition_palette(collate(chunk, n_palette=16), "colors")
        true = region_entry(batch)
        area = batch.regions.area.scatter(1, batch.regions.background[:, None], 0.0) * (true > 0)
        area[:, 0] = 0
        share = area / area.sum(1, keepdim=True).clamp(min=1)
        encoding = network.encode(batch)
        known = torch.zeros_like(encoding.exists)
        first = network.log_shares(encoding, torch.zeros_like(true), known).gather(
            2, true[..., None]
        )
        nll += (-first[..., 0] * share).sum(1).tolist()
        entry = likeliest(network, encoding, n_steps)
        right += ((entry == true) * share).sum(1).tolist()
    return {"nll": sum(nll) / len(nll), "right": sum(right) / len(right)}


@torch.no_grad()
def likeliest_images(network: RegionTokens, sketch: SketchBatch, n_steps: int) -> Tensor:
    """(N, 3, H, W) sRGB: the colouring of the likeliest decisions."""
    encoding = network.encode(sketch)
    return painted(encoding, likeliest(network, encoding, n_steps))
