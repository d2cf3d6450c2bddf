"""A supervised region classifier: which palette entry, or bare paper, each region has.

RegionFlow's encoder reads line art, regions and palette; its pointer head then reads the tokens as
they come out of it. No noise, no time, no pixels: what is left is the question itself.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from colorrl.policy.region_flow import RegionFlow
from colorrl.rewards.cheats.given import region_colors
from colorrl.rewards.reading import region_mean
from colorrl.types import SketchBatch

PAPER = 0  # class of a region without paint; entry k of the palette is class 1 + k


def logits(network: RegionFlow, sketch: SketchBatch) -> Tensor:
    """(N, R+1, 1 + K) of the classes of each region; -inf for entries that are padding."""
    code = network.encode(sketch)
    n_slots, n_classes = sketch.regions.n_slots, 1 + sketch.palette.shape[1]
    token = network.token_norm(code.token)
    query = network.query(token[:, :n_slots])
    key = network.key(token[:, n_slots : n_slots + n_classes])
    exists = F.pad(sketch.share > 0, (1, 0), value=True)[:, None]
    score = query @ key.transpose(1, 2) / token.shape[2] ** 0.5
    return score.masked_fill(~exists, -torch.inf)


def true_class(sketch: SketchBatch) -> Tensor:
    """(N, R+1) int64: PAPER where nothing is painted, else 1 + the entry nearest to the flats."""
    away = torch.cdist(region_colors(sketch), sketch.palette)
    entry = away.masked_fill((sketch.share == 0)[:, None], torch.inf).argmin(2)
    painted = region_mean(sketch.alpha, sketch.regions)[..., 0] > 0.5
    return torch.where(painted, 1 + entry, PAPER)


def loss(network: RegionFlow, sketch: SketchBatch) -> Tensor:
    """() cross entropy over regions, each by its weight (half area, half count)."""
    each = F.cross_entropy(
        logits(network, sketch).transpose(1, 2), true_class(sketch), reduction="none"
    )
    return (each * sketch.regions.weight).sum(1).mean()
