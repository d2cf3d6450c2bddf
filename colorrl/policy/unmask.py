"""Decoding of region tokens: which regions are decided at which step.

A step decides the regions that the network is most certain of (Chang et al., arXiv 2202.04200), as
many as a cosine schedule says: few at first, when nothing is known yet. The order is a function of
the state and the network's weights that is constant almost everywhere, so that its gradient is 0:
the policy gradient of a colouring is that of its decisions alone, exactly, at the weights that
sampled it. An update keeps the order that was sampled, as it keeps the states.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from colorrl.policy.entries import draw_entries
from colorrl.policy.region_tokens import RegionTokens, TokenCode
from colorrl.seeding import seed_of


def due(n_regions: Tensor, step: int, n_steps: int) -> Tensor:
    """(N,) int64: how many of ``n_regions`` (N,) are decided after ``step``, from 0 on."""
    if step + 1 == n_steps:
        return n_regions
    share = 1 - math.cos(math.pi / 2 * (step + 1) / n_steps)
    return (n_regions * share).ceil().long()


def most_certain(log_share: Tensor, open_: Tensor, count: Tensor) -> Tensor:
    """(N, S) bool: the ``count`` (N,) regions of those ``open_`` (N, S) bool whose likeliest entry
    is the likeliest; the first of equal ones."""
    certainty = log_share.amax(2).masked_fill(~open_, -torch.inf)
    rank = certainty.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return (rank < count[:, None]) & open_


def undecided(code: TokenCode) -> Tensor:
    """(N, S) bool: regions that are to be decided: those that exist and have no hint."""
    return code.exists & (code.given[..., 3] == 0)


@torch.no_grad()
def unmask(
    network: RegionTokens, code: TokenCode, n_steps: int, seeds: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Entries (N, S) int64, and (N, S) log-probability that each had when it was decided.

    Drawn with ``seeds`` (N,), or the likeliest ones without. A row is a function of its seed.
    """
    to_decide = undecided(code)
    entry = torch.zeros(to_decide.shape, dtype=torch.long, device=to_decide.device)
    logp = torch.zeros(to_decide.shape, device=to_decide.device)
    known = torch.zeros_like(to_decide)
    n_regions = to_decide.sum(1)
    for step in range(n_steps):
        log_share = network.log_shares(code, entry, known).float()
        count = due(n_regions, step, n_steps) - known.sum(1)
        new = most_certain(log_share, to_decide & ~known, count)
        pick = log_share.argmax(2) if seeds is None else draw_entries(log_share, at(seeds, step))
        entry = torch.where(new, pick, entry)
        logp = torch.where(new, log_share.gather(2, pick[..., None])[..., 0], logp)
        known = known | new
    return entry, logp


def at(seeds: Tensor, step: int) -> Tensor:
    """(N,) the seeds of the decisions of ``step``."""
    return torch.tensor([seed_of(s, step + 1, 1) for s in seeds.tolist()], dtype=torch.long)


def region_colors(code: TokenCode, entry: Tensor) -> Tensor:
    """(N, S, 3) in [-1, 1]: the colours of ``entry`` (N, S), and of hints where there are some."""
    color = code.color.gather(1, entry[..., None].expand(-1, -1, 3))
    return torch.where(code.given[..., 3:] > 0, code.given[..., :3], color)


def painted(code: TokenCode, entry: Tensor) -> Tensor:
    """(N, 3, H, W) sRGB in [0, 1]: every region in the colour of its ``entry`` (N, S)."""
    color = ((region_colors(code, entry) + 1) / 2).clamp(0, 1)
    index = code.owner.flatten(1)[..., None].expand(-1, -1, 3)
    return color.gather(1, index).transpose(1, 2).unflatten(2, code.owner.shape[1:])
