"""The pretraining objective of region tokens: masked discrete diffusion.

A share r = cos(pi u / 2), u uniform, of a drawing's regions is hidden, and each hidden region's
entry is predicted from those that are left (Chang et al., arXiv 2202.04200, with the loss of
absorbing diffusion, Austin et al., arXiv 2107.03006). Rows without a palette learn the codebook as
well: each true colour is dealt to a code of its own, which is then moved towards it.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

MOST = 20.0  # nats: a hopeless region must not outweigh all others
COLOR_WEIGHT = 2.0  # of the squared error of a code's colour, beside a region's cross entropy


def hidden_regions(exists: Tensor, draw: Generator) -> Tensor:
    """(M, S) bool: which of the regions that ``exists`` (M, S) are hidden, at least one of each
    row that has any. On the CPU, by ``draw``."""
    share = torch.cos(torch.rand(len(exists), 1, generator=draw) * (math.pi / 2))
    at = torch.rand(exists.shape, generator=draw).masked_fill(~exists, 2.0)
    hidden = (at < share) & exists
    first = F.one_hot(at.argmin(1), at.shape[1]).bool() & exists
    return torch.where(hidden.any(1, keepdim=True), hidden, first)


def code_entries(color: Tensor, share: Tensor, codes: Tensor) -> Tensor:
    """(M, 1 + K) int64 the entry of each palette entry in the codebook, 0 for 0 and for absent.

    ``color`` (M, K, 3) and ``codes`` (M, E, 3) in [-1, 1], entry 0 paper; ``share`` (M, K). From
    the largest share on, each colour takes the nearest code that is left: two colours of a drawing
    never share one.
    """
    n, n_colors = share.shape
    away = torch.cdist(color, codes)
    away[..., 0] = torch.inf
    taken = torch.zeros(n, 1 + n_colors, dtype=torch.long, device=share.device)
    rows = torch.arange(n, device=share.device)
    for k in share.argsort(dim=1, descending=True).unbind(1):
        free = share[rows, k] > 0
        code = away[rows, k].argmin(1)
        taken[rows, 1 + k] = torch.where(free, code, taken[rows, 1 + k])
        used = F.one_hot(code, away.shape[2]).bool() & free[:, None]
        away = away.masked_fill(used[:, None], torch.inf)
    return taken


def entry_loss(log_share: Tensor, entry: Tensor, weight: Tensor) -> Tensor:
    """() summed cross entropy of ``entry`` (M, S) under ``log_share`` (M, S, E), by ``weight``."""
    surprise = -log_share.gather(2, entry[..., None])[..., 0].clamp(min=-MOST)
    return torch.where(weight > 0, weight * surprise, 0.0).sum()


def color_loss(color: Tensor, taken: Tensor, codes: Tensor, share: Tensor) -> Tensor:
    """() summed squared error of the codes that were taken, by share; as `code_entries`."""
    got = codes.gather(1, taken[:, 1:, None].expand(-1, -1, 3))
    return ((got - color).square().sum(2) * share).sum()
