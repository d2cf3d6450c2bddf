"""A toy whose policy gradient and optimum are known in closed form.

Four sketches of two regions. The policy is a table of region colours; its prediction of the clean
image leans on the state, so that noise reaches the picture. All else is the real thing.
"""

from collections.abc import Container
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from colorrl.policy.noise import one_hot
from colorrl.policy.rollout import Sampler
from colorrl.policy.space import PIXELS
from colorrl.policy.transition import coefficients
from colorrl.types import RegionBatch, Scores, SketchBatch

IDS, SIDE, LEAN = "abcd", 6, 0.3
OWNER = (torch.arange(SIDE * SIDE).view(1, SIDE, SIDE) >= 12).long() + 1  # 12 and 24 pixels
# colours of sketches' regions, in the state's units, [-1, 1]
TARGET = torch.rand(len(IDS), 2, 3, generator=torch.Generator().manual_seed(1)) * 1.6 - 0.8


def paint(color: Tensor) -> Tensor:
    """(N, 3, H, W) of region colours (N, 2, 3)."""
    return color.transpose(1, 2)[:, :, OWNER[0] - 1]


def region_mean(x: Tensor) -> Tensor:
    """(N, 2, 3) of pictures or states (N, 3, H, W)."""
    hot = one_hot(OWNER.expand(len(x), -1, -1), 3)[:, 1:]
    return hot @ x.flatten(2).transpose(1, 2) / hot.sum(2, keepdim=True)


def sketches() -> SketchBatch:
    n = len(IDS)
    region_index = OWNER.expand(n, -1, -1)
    regions = RegionBatch(
        label=region_index,
        region_index=region_index,
        across=0 * region_index,
        area=torch.tensor([[0.0, 12.0, 24.0]]).expand(n, -1),
        weight=torch.tensor([[0.0, 0.5, 0.5]]).expand(n, -1),
        edges=torch.zeros(n, 0, 2, dtype=torch.long),
        contact=torch.zeros(n, 0),
        background=torch.zeros(n, dtype=torch.long),
    )
    line = torch.ones(n, 1, SIDE, SIDE)
    return SketchBatch(tuple(IDS), line, regions, flats=(paint(TARGET) + 1) / 2)


@dataclass(frozen=True)
class Rows:
    """Which row of the table colours each sample."""

    index: Tensor

    def repeat(self, n: int) -> "Rows":
        return Rows(self.index.repeat_interleave(n))


class Table(nn.Module):
    """A Policy of 24 parameters: the colour of each region, leaning on the state's."""

    space = PIXELS

    def __init__(self) -> None:
        super().__init__()
        self.color = nn.Parameter(torch.zeros(len(IDS), 2, 3))

    def encode(self, sketch: SketchBatch) -> Rows:
        return Rows(torch.tensor([IDS.index(i) for i in sketch.id]))

    def predict(self, x: Tensor, t: Tensor, code: Rows) -> Tensor:
        return paint(self.color[code.index] + LEAN * region_mean(x))


def slope(sampler: Sampler, acting: Container[int] | None = None) -> float:
    """d mean of the image's colours / d table, through the steps ``acting`` alone (None = all).

    The mean of a state is linear in the table: a step takes it from e to a (1 + LEAN e) + b e, of
    which a is the step's own doing.
    """
    mean = 0.0
    for k, (t, t_next) in enumerate(pairwise(sampler.grid().tolist())):
        a, b, _ = coefficients(sampler.kind, t, t_next, sampler.eta)
        own = a if acting is None or k in acting else 0.0
        mean = own + (a * LEAN + b) * mean
    return mean


def spread(sampler: Sampler) -> Tensor:
    """(2, 1) standard deviation of each region's colour over pictures, in each channel."""
    n = torch.tensor([[12.0], [24.0]])
    mean_of_noise = (1 - sampler.rho + n * sampler.rho) / n  # variance of a region's mean
    variance = mean_of_noise
    for t, t_next in pairwise(sampler.grid().tolist()):
        a, b, std = coefficients(sampler.kind, t, t_next, sampler.eta)
        variance = (a * LEAN + b) ** 2 * variance + std**2 * mean_of_noise
    return variance.sqrt()


def imitated(sampler: Sampler, group: int) -> Tensor:
    """(4, 2, 3) mean colours of pictures where imitating the best of ``group`` comes to rest.

    The table that predicts a picture c from its noised states best is (1 - LEAN (1 - t)) c, a mean
    over the sampler's times; pictures of that table have `slope` times it for their mean m. So
    m = slope (1 - LEAN (1 - t)) E[best of the group | m], which is found by iterating it.
    """
    draw = torch.Generator().manual_seed(0)
    luck = spread(sampler) * torch.randn(500, group, len(IDS), 2, 3, generator=draw)
    gain = slope(sampler) * (1 - LEAN * (1 - sampler.grid()[:-1])).mean()
    mean = torch.zeros_like(TARGET)
    for _ in range(60):
        pictures = mean + luck
        best = (pictures - TARGET).square().sum((3, 4)).argmin(1)  # (500, 4)
        chosen = pictures.gather(1, best[:, None, :, None, None].expand(-1, 1, -1, 2, 3))
        mean = gain * chosen.mean((0, 1))
    return mean


def expected_reward(mean: Tensor, sampler: Sampler) -> float:
    """Of pictures with mean colours ``mean`` (4, 2, 3), by `Near`: a Gaussian integral."""
    wide = 1 + 4 * spread(sampler).square()
    each = torch.exp(-2 * (mean - TARGET).square() / wide) / wide.sqrt()
    return float(each.prod(2).prod(1).mean())


class Near:
    """exp(-2 |colour - target|^2) of each region, multiplied: 1 is perfect."""

    def score(self, image: Tensor, sketch: SketchBatch, group: Tensor, progress: float) -> Scores:
        target = TARGET[[IDS.index(i) for i in sketch.id]]
        near = torch.exp(-2 * (region_mean(2 * image - 1) - target).square().sum(2))  # (N, 2)
        total = near.prod(1)
        groups = (group[:, None] == group).float()
        usual = groups @ near / groups.sum(1, keepdim=True)
        credit = total[:, None] - near.flip(1) * usual
        credit = torch.cat([torch.zeros(len(total), 1), credit], 1)
        return Scores(total, total, {"near": total}, {}, credit)

    def total(self, value: dict[str, Tensor]) -> Tensor:
        return value["near"]
