"""Policy-gradient losses of one transition, whose log-density is factored by region.

All share one call, `SurrogateLoss`.

Ratios are of the D-th root of the density, D the dimensions of a step's action (`Action.count`):
pixels x channels of a state, three for each region's mean colour, one for each palette entry. With
the state as action this is the convention to which published clip ranges such as 1e-4 belong (at D
= 12,288 a ratio of whole densities overflows).
Losses are measured from ratio 1, (ratio - 1) in place of ratio: the same gradient, without the
rounding of 1 + 1e-7 in fp32. A loss of the first pass over a rollout is therefore 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Surrogate:
    """What one transition of each sample contributes."""

    loss: Tensor  # (N,) to be averaged over samples and stochastic steps
    log_ratio: Tensor  # (N,) log of the image's ratio per dimension, detached
    clipped_high: Tensor  # (N,) share of elements held at the upper bound, in [0, 1]
    clipped_low: Tensor  # (N,) share of elements held at the lower bound
    reach: Tensor  # (N,) how far a ratio went, in clip ranges: a clip that stays below 1 is idle


class SurrogateLoss(Protocol):
    """A loss of one transition; `PolicyGradient` sums it over a rollout's stochastic steps."""

    def __call__(
        self, logp: Tensor, logp_old: Tensor, advantage: Tensor, count: Tensor
    ) -> Surrogate:
        """``logp`` and ``logp_old`` (N, R+1) nats per region, ``count`` (N, R+1) dimensions.

        ``advantage`` comes in two shapes, and a loss takes both: (N,) weighs the image's summed
        log-density, (N, R+1) each region's own. An advantage of each step comes as (N,).
        """
        ...


def ppo_clip(
    logp: Tensor,
    logp_old: Tensor,
    advantage: Tensor,
    count: Tensor,
    clip_low: float,
    clip_high: float,
    clip_dual: float | None = None,
) -> Surrogate:
    """Clipped surrogate with a range of its own on each side (Schulman et al. 2017, 1707.06347).

    ``logp`` and ``logp_old`` (N, R+1) nats summed per region of ``count`` (N, R+1) dimensions.
    ``advantage`` (N,): one ratio per image, exp(sum of log-ratios / D) within
    [1 - clip_low, 1 + clip_high]. ``clip_dual`` bounds it by 1 + clip_dual where A < 0 too.

    ``advantage`` (N, R+1): the gradient at ratio 1 is A_r times that of region r's own sum over
    the same D, so equal advantages give the image's gradient. Each region is clipped by itself,
    its log-ratio / sqrt(n_r) at clip sqrt(D), since it spreads as sqrt(n_r): a heuristic
    surrogate, not PPO, for nothing then bounds the image's ratio.
    """
    log_ratio = logp - logp_old  # (N, R+1)
    elements = count.sum(1)  # (N,)
    image = log_ratio.sum(1) / elements
    if advantage.dim() == 1:
        loss, high, low = clipped(image, advantage, clip_low, clip_high, clip_dual)
        reach = _reach(image, clip_low, clip_high)
        return Surrogate(loss, image.detach(), high.float(), low.float(), reach)
    share = count / elements[:, None]  # (N, R+1)
    spread = share.sqrt()
    own = log_ratio / elements[:, None]
    dual = None if clip_dual is None else clip_dual * spread
    loss, high, low = clipped(own, advantage, clip_low * spread, clip_high * spread, dual)
    reach = _reach(own, clip_low * spread, clip_high * spread).amax(1)
    held = (high * share).sum(1), (low * share).sum(1)
    return Surrogate(loss.sum(1), image.detach(), *held, reach)


def _reach(log_ratio: Tensor, low: float | Tensor, high: float | Tensor) -> Tensor:
    """How far ratios went, as a share of their range on that side; 0 where the range is 0."""
    m = log_ratio.detach().expm1()
    bound = torch.where(m > 0, torch.as_tensor(high).to(m), torch.as_tensor(low).to(m))
    return torch.where(bound > 0, m.abs() / bound.clamp(min=1e-12), 0.0)


def clipped(
    log_ratio: Tensor,
    advantage: Tensor,
    low: float | Tensor,
    high: float | Tensor,
    dual: float | Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """max(-A m, -A clip(m, -low, high)) with m = ratio - 1; where it holds m above and below.

    The maximum is pessimistic: a step back towards ratio 1 always keeps its gradient. With
    ``dual`` >= high, a ratio beyond 1 + dual counts no further where A < 0, where the loss has no
    upper bound otherwise (dual clip, Ye et al. 2020, arXiv 1912.09729, equation 5).
    """
    m = log_ratio.expm1()
    bounded = m.clamp(-torch.as_tensor(low).to(m), torch.as_tensor(high).to(m))
    loss = torch.maximum(-advantage * m, -advantage * bounded)
    held = (m > high) & (advantage > 0)
    if dual is not None:
        beyond = (m > dual) & (advantage < 0)
        loss = torch.where(beyond, -advantage * torch.as_tensor(dual).to(m), loss)
        held = held | beyond
    return loss, held, (m < -low) & (advantage < 0)


def reinforce(logp: Tensor, logp_old: Tensor, advantage: Tensor, count: Tensor) -> Surrogate:
    """-A log p / D, with no ratio: valid for the one update on the policy that sampled.

    Arguments as in ppo_clip. Williams 1992; its gradient is ppo_clip's at ratio 1.
    """
    elements = count.sum(1)
    log_ratio = logp - logp_old  # the value starts at 0, the gradient is that of logp
    weight = advantage[:, None] if advantage.dim() == 1 else advantage
    loss = -(weight * log_ratio).sum(1) / elements
    none = torch.zeros_like(loss)
    return Surrogate(loss, (log_ratio.sum(1) / elements).detach(), none, none, none)


def effective_sample_share(log_ratio: Tensor) -> Tensor:
    """Kish's effective sample size over N, in [1/N, 1], of importance weights exp(log_ratio).

    ``log_ratio`` (N,) nats of whole densities, or per dimension for the ratios a loss clips.
    """
    weight = (log_ratio - log_ratio.max()).exp()
    return weight.sum().square() / weight.square().sum() / len(weight)
