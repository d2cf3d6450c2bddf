"""Whether a search can be guided: does the predicted clean image's reward foretell the last one?"""

from __future__ import annotations

import torch
from scipy.stats import spearmanr
from torch import Tensor

from colorrl.planning.pages import decoded, rewards
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler, sample_rollout
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch

AS_PREDICTED, SNAPPED = "as predicted", "snapped to the palette"


def foretold(
    policy: Policy,
    sketch: SketchBatch,
    sampler: Sampler,
    reward: TotalReward,
    n_samples: int,
    seed: int,
) -> dict[str, tuple[Tensor, Tensor]]:
    """Rewards (S, n, T) of the clean images predicted at each step, and (S, n) of the last ones.

    By kind: AS_PREDICTED, and SNAPPED to the palette, both the predicted and the last.
    """
    n = n_samples
    seeds = torch.tensor([seed_of(seed, s, i) for s in range(len(sketch)) for i in range(n)])
    made = sample_rollout(policy, sketch, n, seeds, sampler, keep_x0=True)
    assert made.x0 is not None
    many, encoding = sketch.repeat(n), policy.encode(sketch).repeat(n)
    states = (*made.x0.unbind(1), made.state[:, -1])
    found = {}
    for kind in (AS_PREDICTED, SNAPPED):
        pages = (decoded(policy, x0, encoding, many, snapped=kind == SNAPPED) for x0 in states)
        scores = torch.stack([rewards(reward, page, many) for page in pages], 1)
        whole = scores.view(len(sketch), n, -1)
        found[kind] = whole[..., :-1], whole[..., -1]
    return found


def rank_correlations(predicted: Tensor, last: Tensor) -> Tensor:
    """(S, T) Spearman's correlation over the n samples of each sketch, at each step.

    ``predicted`` (S, n, T), ``last`` (S, n). NaN where either does not vary.
    """
    found = torch.full((len(last), predicted.shape[2]), torch.nan)
    for s, (of_sketch, end) in enumerate(zip(predicted, last, strict=True)):
        for t in range(predicted.shape[2]):
            if of_sketch[:, t].std() > 0 and end.std() > 0:
                found[s, t] = float(spearmanr(of_sketch[:, t], end).statistic)
    return found
