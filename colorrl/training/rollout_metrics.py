"""Rollout metrics over all processes: rewards by term and region, and groups."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from colorrl.learn.advantage import zero_variance_share
from colorrl.types import RegionBatch, Rollout, Scores

SMALL = 0.01  # share of the page below which a region is small: an eye, a button


def rewarded(
    rollouts: list[Rollout], scores: list[Scores], gather: Callable[[Tensor], Tensor]
) -> tuple[dict[str, float], dict[str, Tensor]]:
    """reward/* and group/* figures over all processes, and the values behind them.

    ``gather`` brings rows of all processes together, in rank order.
    """
    values = {"reward/total": gather(torch.cat([s.total for s in scores]))}
    for name in scores[0].term:
        values[f"reward/{name}"] = gather(torch.cat([s.term[name] for s in scores]))
    group_size = rollouts[0].group_size
    groups = values["reward/total"].view(-1, group_size)
    ids = torch.arange(groups.numel(), device=groups.device) // group_size
    classes = [by_size(r.sketch.regions, s) for r, s in zip(rollouts, scores, strict=True)]
    return {
        **{name: float(of_all.mean()) for name, of_all in values.items()},
        **{n: float(gather(torch.cat([c[n] for c in classes])).nanmean()) for n in classes[0]},
        "reward/std": float(groups.std(1).mean()),
        "group/zero_std_frac": zero_variance_share(values["reward/total"], ids),
        "group/diversity": float(gather(torch.cat([diversity(r) for r in rollouts])).mean()),
    }, values


def by_size(regions: RegionBatch, scores: Scores) -> dict[str, Tensor]:
    """region/<term>_{small,large}: (N,) mean reading of regions of a size, NaN without any.

    The background is neither. ``regions`` are those of S sketches, N / S samples of each.
    """
    group_size = len(scores.total) // len(regions.area)
    area = regions.area.clone()
    area[:, 0] = 0  # ink
    area.scatter_(1, regions.background[:, None], 0.0)
    area = area.repeat_interleave(group_size, 0)
    below = area < SMALL * regions.region_index[0].numel()
    sizes = {"small": (area > 0) & below, "large": ~below}
    return {
        f"region/{term}_{size}": torch.where(chosen, reading, torch.nan).nanmean(1)
        for term, reading in scores.region.items()
        for size, chosen in sizes.items()
    }


def diversity(rollout: Rollout) -> Tensor:
    """(S,) spread of each sketch's colourings: std over samples, a mean of pixels and channels."""
    groups = rollout.image.unflatten(0, (len(rollout.sketch), -1))  # (S, G, 3, H, W)
    return groups.std(1, correction=0).mean((1, 2, 3))
