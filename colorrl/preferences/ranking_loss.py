"""What a score owes to a ranking: negative log-likelihoods of orders.

Scores (Q, K) stand in the order of the ranking, the best first.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def bradley_terry(score: Tensor) -> Tensor:
    """(Q,) -mean over the K (K - 1) / 2 pairs of log sigmoid(s_better - s_worse).

    Bradley & Terry 1952; all pairs of a question at once, as in InstructGPT (Ouyang et al. 2022,
    arXiv 2203.02155, equation 1).
    """
    return -F.logsigmoid(pair_margins(score)).mean(1)


def plackett_luce(score: Tensor) -> Tensor:
    """(Q,) -log of the probability of the order, over its K - 1 choices.

    Place after place the best of what is left is chosen with softmax probability (Luce 1959;
    Plackett 1975). With K = 2 the same as bradley_terry.
    """
    rest = score.flip(1).logcumsumexp(1).flip(1)
    return (rest - score)[:, :-1].mean(1)


def pair_margins(score: Tensor) -> Tensor:
    """(Q, K (K - 1) / 2) score of the better less that of the worse, of every pair."""
    better, worse = torch.triu_indices(score.shape[1], score.shape[1], offset=1)
    return score[:, better] - score[:, worse]
