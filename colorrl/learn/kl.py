"""KL divergence of the policy from a reference: the closed form, and three estimators.

All share one call, ``(logp, logp_ref, closed_form)``, each (N, R+1) nats of one transition summed
per region, so that a configuration names one. The estimators take the log-density of samples of
the policy and average to KL(policy | reference) (Schulman, "Approximating KL divergence", 2020).
As regions are independent given the state, they may be applied to each region's sum and added,
which spreads less than the image's. With ``sampler/action=regions`` they estimate the divergence
of the regions' mean colours, a part of the closed form, which is of the whole state.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Divergence = Callable[[Tensor, Tensor, Tensor], Tensor]


def k1(logp: Tensor, logp_ref: Tensor, closed_form: Tensor) -> Tensor:
    """-log r with r = p_ref / p: unbiased, of either sign. Its own gradient averages to 0."""
    return logp - logp_ref


def k2(logp: Tensor, logp_ref: Tensor, closed_form: Tensor) -> Tensor:
    """(log r)^2 / 2: biased at second order, but its gradient averages to that of the KL."""
    return 0.5 * (logp - logp_ref).square()


def k3(logp: Tensor, logp_ref: Tensor, closed_form: Tensor) -> Tensor:
    """r - 1 - log r: unbiased and never negative. Its gradient averages to that of KL(ref | p)."""
    log_r = logp_ref - logp
    return log_r.expm1() - log_r


def exact(logp: Tensor, logp_ref: Tensor, closed_form: Tensor) -> Tensor:
    """The closed form: what k1 and k3 average to, without their noise."""
    return closed_form


def adapt_kl_coef(coef: float, divergence: float, target: float) -> float:
    """``coef`` moved so that ``divergence`` comes nearer to ``target``, at most 2 % at a time.

    The controller of Ziegler et al. 2019 (arXiv 1909.08593, section 2.2).
    """
    error = min(max(divergence / target - 1, -0.2), 0.2)
    return coef * (1 + 0.1 * error)


# Estimators whose own gradient averages to 0: they belong in the reward, not in the loss.
WITHOUT_GRADIENT = frozenset({k1})
