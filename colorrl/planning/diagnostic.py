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


def foretold(
    policy: Policy,
    sketch: SketchBatch,
    sampler: Sampler,
    reward: TotalReward,
    n_samples: int,
    seed: int,
    *,
    snapped: bool,
) -> tuple[Tensor, Tensor]:
    """Rewards (S, n, T) of the clean images predicted at each step, and (S, n) of the last ones.

    As they are or ``snapped`` to the palette, the predicted and the last.
    """
    n = n_samples
    seeds = torch.tensor([seed_of(seed, s, i) for s in range(len(sketch)) for i in range(n)])
    made = sample_rollout(policy, sketch, n, seeds, sampler, keep_x0=True)
    assert made.x0 is not None
    many, encoding = sketch.repeat(n), policy.encode(sketch).repeat(n)
    states = (*made.x0.unbind(1), made.state[:, -1])
    pages = (decoded(policy, x0, encoding, many, snapped=snapped) for x0 in states)
    scores = [rewards(reward, page, many) for page in pages]
    whole = torch.stack(scores, 1).view(len(sketch), n, -1)
    return whole[..., :-1], whole[..., -1]


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
