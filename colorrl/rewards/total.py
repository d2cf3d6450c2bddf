"""The total reward: a gate of verifiable terms, and each region's share in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from colorrl.rewards.reading import Reading, read
from colorrl.types import Scores, SketchBatch, TermScore

ROLES = ("gate", "mean", "penalty")


class Term(Protocol):
    """One idea of what is good, with its part in the total."""

    @property
    def role(self) -> str: ...

    @property
    def weight(self) -> float: ...

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore: ...


class GatedTotal:
    """prod_gate v^w * prod_mean v^(w / sum w) - sum_penalty w (1 - v), each v in [0, 1].

    A product, so that no term can buy off another: the plain mean of consistency, palette and
    leakage gives a white page the score of the truth. 1 is the truth.
    """

    def __init__(self, terms: Mapping[str, Term]) -> None:
        """Raises ValueError without terms, or for an unknown role or a weight <= 0."""
        if not terms:
            raise ValueError("a reward needs at least one term")
        for name, term in terms.items():
            if term.role not in ROLES or not term.weight > 0:
                raise ValueError(
                    f"reward term '{name}' has role '{term.role}' and weight {term.weight}: "
                    f"the role must be one of {', '.join(ROLES)}, the weight positive"
                )
        self.terms = dict(terms)

    def score(
        self, image: Tensor, sketch: SketchBatch, group: Tensor, progress: float = 1.0
    ) -> Scores:
        """Scores of ``image`` (N, 3, H, W), sRGB in [0, 1].

        ``group`` (N,) names each sample's group; ``progress`` in [0, 1] sets annealed tolerances,
        1 = final. Raises FloatingPointError naming sketch and term for a value that is not finite.
        """
        reading = read(image, sketch)
        marks = {name: term(reading, sketch, progress) for name, term in self.terms.items()}
        # Sums of fp32 weights may leave [0, 1] by a rounding, which no root or power forgives.
        value = {name: mark.value.clamp(0, 1) for name, mark in marks.items()}
        _check_finite(value, sketch)
        total = self.combine(value)
        return Scores(
            total=total,
            term=value,
            region={name: m.region for name, m in marks.items() if m.region is not None},
            credit=self._credit(total, marks, group, sketch.regions.n_slots),
        )

    def combine(self, value: Mapping[str, Tensor]) -> Tensor:
        """The total of terms' values, all of one shape (...) in [0, 1]; 1 is best."""
        of_role = {r: [n for n, t in self.terms.items() if t.role == r] for r in ROLES}
        total = torch.ones_like(next(iter(value.values())))
        for name in of_role["gate"]:
            total = total * value[name] ** self.terms[name].weight
        whole = math.fsum(self.terms[name].weight for name in of_role["mean"])
        for name in of_role["mean"]:
            total = total * value[name] ** (self.terms[name].weight / whole)
        for name in of_role["penalty"]:
            total = total - self.terms[name].weight * (1 - value[name])
        return total

    def _credit(
        self, total: Tensor, marks: Mapping[str, TermScore], group: Tensor, n_slots: int
    ) -> Tensor:
        """(N, R+1) total less the total with region r's readings at their group's mean.

        Slot 0 (ink) takes the image's total less its group's mean.
        """
        peers = (group.unsqueeze(1) == group.unsqueeze(0)).to(total.dtype)
        peers = peers / peers.sum(1, keepdim=True)  # (N, N), rows average a group
        without = self.combine({name: _replaced(mark, peers) for name, mark in marks.items()})
        credit = (total.unsqueeze(1) - without).expand(-1, n_slots)
        return torch.cat([(total - peers @ total).unsqueeze(1), credit[:, 1:]], 1)


def _replaced(mark: TermScore, peers: Tensor) -> Tensor:
    """(N, R+1) the term's value with each region in turn read at its group's mean.

    (N, 1) for a term that does not read regions.
    """
    if mark.region is None or mark.stake is None:
        return mark.value.unsqueeze(1)
    moved = mark.stake * (mark.region - peers @ mark.region)
    return (mark.value.unsqueeze(1) - moved).clamp(0, 1)


def _check_finite(value: Mapping[str, Tensor], sketch: SketchBatch) -> None:
    # One test on the device for all terms; the culprit is looked for only once there is one.
    if torch.stack([v.isfinite().all() for v in value.values()]).all():
        return
    for name, v in value.items():
        bad = (~v.isfinite()).nonzero().flatten().tolist()
        if bad:
            raise FloatingPointError(
                f"reward term '{name}' is {v[bad[0]].item()} for sketch '{sketch.id[bad[0]]}': "
                "the image it scores holds values that are not finite"
            )
