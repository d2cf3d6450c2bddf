"""Held-out sketches and what is measured on them: the reward at its final tolerances, and the
metrics that no reward optimises."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from colorrl.data.batch import collate
from colorrl.errors import UserError
from colorrl.metrics import bootstrap_ci, evaluate_images
from colorrl.policy.pipeline import ode_sample
from colorrl.policy.protocol import Policy
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.types import Sketch, SketchBatch

REWARD = "eval/reward"
HIGHER_IS_BETTER = ("eval/region_accuracy", "gold/pixel_share")
LOWER_IS_BETTER = ("eval/lpips_alex", "gold/lpips_vgg")
ALARM_LEVEL = 0.99  # of the intervals behind the hacking alarm


@dataclass(frozen=True, slots=True)
class Judge:
    """M held-out sketches in batches, and the reward under test."""

    batches: tuple[SketchBatch, ...]
    reward: TotalReward

    def color(self, policy: Policy, grid: Tensor, rho: float, seed: int) -> Tensor:
        """Flats (M, 3, H, W): one deterministic sample per sketch, noise by (seed, sketch)."""
        images, first = [], 0
        with torch.no_grad():
            for batch in self.batches:
                seeds = [seed_of(seed, 7, first + i) for i in range(len(batch))]
                images.append(ode_sample(policy, batch, grid, rho, torch.tensor(seeds)))
                first += len(batch)
        return torch.cat(images)

    def measure(self, images: Tensor, *, metrics: bool = True) -> dict[str, Tensor]:
        """name -> (M,) of images (M, 3, H, W): eval/reward and its terms; with ``metrics`` all."""
        columns: dict[str, list[Tensor]] = defaultdict(list)
        first = 0
        for batch in self.batches:
            chunk = images[first : first + len(batch)]
            first += len(batch)
            alone = torch.arange(len(batch), device=chunk.device)
            scores = self.reward.score(chunk, batch, alone, progress=1.0)
            columns["eval/reward"].append(scores.total)
            for name, value in scores.term.items():
                columns[f"eval/reward_{name}"].append(value)
            if metrics:
                for name, value in evaluate_images(chunk, batch).items():
                    columns[name if "/" in name else f"eval/{name}"].append(value)
        return {name: torch.cat(values).cpu() for name, values in columns.items()}


def make_judge(
    sketches: Sequence[Sketch], reward: TotalReward, device: torch.device, n_palette: int
) -> Judge:
    """A judge of ``sketches``, 32 to a batch. UserError if a palette has over ``n_palette``."""
    chunks = (sketches[i : i + 32] for i in range(0, len(sketches), 32))
    try:
        batches = tuple(collate(c, n_palette=n_palette).to(device) for c in chunks)
    except ValueError as fault:
        raise UserError(f"{fault}: n_palette is too small") from fault
    return Judge(batches, reward)


def means(columns: dict[str, Tensor]) -> dict[str, float]:
    """Mean of each column; NaN marks sketches on which a metric is not defined."""
    return {name: float(values.nanmean()) for name, values in columns.items()}


def paired_gains(
    before: dict[str, Tensor], after: dict[str, Tensor], level: float = 0.95
) -> dict[str, tuple[float, float, float]]:
    """name -> (mean gain, low, high): paired bootstrap interval of ``level`` over sketches.

    Sketches on which either figure is NaN do not count; all three are NaN if none is left.
    """
    gains = {}
    for name in before:
        difference = after[name] - before[name]
        difference = difference[~difference.isnan()]
        none = (math.nan, math.nan)
        interval = bootstrap_ci(difference, level=level) if len(difference) else none
        gains[name] = (float(difference.mean()), *interval)
    return gains


def hacking(before: dict[str, Tensor], after: dict[str, Tensor]) -> list[str]:
    """Held-out metrics that got worse while the held-out reward rose, both beyond chance.

    The rule: the paired ALARM_LEVEL interval of the reward's gain lies above 0, and that of a
    watched metric lies wholly on its worse side: share of right regions, gold pixels and LPIPS-vgg,
    which are in no reward, and LPIPS-alex to the rendering (`paired` has it to the flats).
    One sample a sketch is noisy, which the interval over sketches
    takes into account. A run that learns nothing trips a check by luck once in 10,000: .005 for the
    reward times at most 4 x .005; one whose reward truly rises, with true metrics that stand still,
    once in 50 at most. What got worse together with the reward is a bad run, not a gamed reward.
    """
    watched = [n for n in (REWARD, *HIGHER_IS_BETTER, *LOWER_IS_BETTER) if n in before]
    gains = paired_gains({n: before[n] for n in watched}, after, ALARM_LEVEL)
    if not gains[REWARD][1] > 0:
        return []
    worse = [n for n in HIGHER_IS_BETTER if n in gains and gains[n][2] < 0]
    return worse + [n for n in LOWER_IS_BETTER if n in gains and gains[n][1] > 0]


def compared(before: dict[str, Tensor], after: dict[str, Tensor]) -> dict[str, Any]:
    """Means before and after, paired gains with intervals, and the metrics that warn."""
    gains = paired_gains(before, after)
    values: dict[str, Any] = {f"{n}_before": v for n, v in means(before).items()}
    values |= {f"{n}_after": v for n, v in means(after).items()}
    values |= {f"{n}_gain": g[0] for n, g in gains.items()}
    values |= {f"{n}_gain_ci95": list(g[1:]) for n, g in gains.items()}
    return values | {"hacking": hacking(before, after)}
