"""How the values of terms become one reward.

A *split* takes them to parts that add up to the total: ``(value, terms) -> parts (..., P), weight
(P,)`` with total = parts @ weight. Values (...) broadcast against each other. What a split calls
role is the term's: ``gate``, ``mean`` or ``penalty``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from colorrl.rewards.reading import Reading
from colorrl.types import SketchBatch, TermScore

ROLES = ("gate", "mean", "penalty")


class Term(Protocol):
    """One idea of what is good, with its part in the total.

    A term declares by ``reads_regions`` that its scores have a reading per region; one that does
    not is refused where regions are credited. ``sees_truth``: it reads the true flats.
    """

    @property
    def role(self) -> str: ...

    @property
    def weight(self) -> float: ...

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore: ...


Values = Mapping[str, Tensor]
Terms = Mapping[str, Term]
Split = Callable[[Values, Terms], tuple[Tensor, Tensor]]


@dataclass(frozen=True, slots=True)
class Combination:
    """A split, and whether each part is normalised within its group before they are added."""

    split: Split
    std_floor: float | None  # added to a part's standard deviation; None = parts as they are


def gated(value: Values, terms: Terms) -> tuple[Tensor, Tensor]:
    """One part: prod_gate v^w * prod_mean v^(w / sum w) - sum_penalty w (1 - v).

    A product, so that no term can buy off another: the plain mean of consistency, palette and
    leakage gives a white page the score of the truth.
    """
    total = _gate(value, terms)
    for name, share in _shares(terms, "mean").items():
        total = total * value[name] ** share
    for name, term in _of(terms, "penalty").items():
        total = total - term.weight * (1 - value[name])
    return total.unsqueeze(-1), total.new_ones(1)


def gated_sum(value: Values, terms: Terms) -> tuple[Tensor, Tensor]:
    """A part for each mean term, (prod_gate v^w) v weighing w / sum w, and for each penalty.

    Made to be normalised per part (GDPO, Liu et al. 2026, arXiv 2601.05242). The gate multiplies
    *before* that: z-scores of bare terms add up to a sum, in which a white page's good terms buy
    off its closed gate, and a gate that multiplies a negative z-score rewards its own closing.
    """
    gate, shares = _gate(value, terms), _shares(terms, "mean")
    parts = [gate * value[name] for name in shares] or [gate]
    parts += [value[name] - 1 for name in _of(terms, "penalty")]
    weights = [*(shares.values() or [1.0]), *(t.weight for t in _of(terms, "penalty").values())]
    return _stacked(parts), parts[0].new_tensor(weights)


def weighted_sum(value: Values, terms: Terms) -> tuple[Tensor, Tensor]:
    """A part for each term: v weighing w / sum w, gates and means alike, less the penalties.

    The comparison, not a reward to trust: terms buy each other off.
    """
    whole = math.fsum(t.weight for t in terms.values() if t.role != "penalty")
    parts = [v - 1 if terms[n].role == "penalty" else v for n, v in value.items()]
    weights = [terms[n].weight / (1 if terms[n].role == "penalty" else whole) for n in value]
    return _stacked(parts), parts[0].new_tensor(weights)


def verified(
    value: Values, terms: Terms, at_least: Mapping[str, float], pays: float
) -> tuple[Tensor, Tensor]:
    """One part: ``pays`` where each term named in ``at_least`` reaches its threshold, else 0.

    Reward by verification, as Tulu 3 pays 10 for an answer that checks (Lambert et al. 2024, arXiv
    2411.15124). Terms that are not named are read and logged, but do not count. A region's
    credit is what it alone decides: 0 unless reading it at its group's mean turns pass to fail or
    fail to pass. Raises ValueError without thresholds, or for one that names no term.
    """
    unknown = sorted(set(at_least) - set(terms))
    if unknown or not at_least:
        raise ValueError(
            f"combine.split.at_least names {', '.join(unknown) or 'no term'}: give thresholds for "
            f"one or more of {', '.join(terms)}, as in +reward.combine.split.at_least.NAME=0.9"
        )
    passes = [value[name] >= least for name, least in at_least.items()]
    both = _stacked(passes).all(-1, keepdim=True)
    return both.to(next(iter(value.values())).dtype), next(iter(value.values())).new_tensor([pays])


def group_scores(parts: Tensor, group: Tensor, std_floor: float) -> tuple[Tensor, Tensor]:
    """Deviation of ``parts`` (N, P) from their group's mean, and 1 / (its std + floor), (N, P).

    Std with the divisor G. Exactly 0 for a group whose parts are equal.
    """
    # In fp64 the sum of G equal fp32 numbers, and so their mean, is exact.
    rows = parts.double()
    same = (group.unsqueeze(1) == group.unsqueeze(0)).double()  # (N, N)
    count = same.sum(1, keepdim=True)
    deviation = rows - same @ rows / count
    std = (same @ deviation.square() / count).sqrt()
    return deviation.to(parts.dtype), (1 / (std + std_floor)).to(parts.dtype)


def _of(terms: Terms, role: str) -> dict[str, Term]:
    return {name: term for name, term in terms.items() if term.role == role}


def _shares(terms: Terms, role: str) -> dict[str, float]:
    """The weights of the terms in ``role``, summing to 1."""
    chosen = _of(terms, role)
    whole = math.fsum(term.weight for term in chosen.values())
    return {name: term.weight / whole for name, term in chosen.items()}


def _gate(value: Values, terms: Terms) -> Tensor:
    total = torch.ones_like(next(iter(value.values())))
    for name, term in _of(terms, "gate").items():
        total = total * value[name] ** term.weight
    return total


def _stacked(parts: list[Tensor]) -> Tensor:
    return torch.stack(torch.broadcast_tensors(*parts), -1)


# Combinations that pass or fail: a loss that follows the reward's slope finds none.
WITHOUT_GRADIENT = frozenset({verified})
