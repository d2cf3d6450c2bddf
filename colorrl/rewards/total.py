"""The total reward of a colouring, and each region's share in it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from colorrl.rewards.combine import ROLES, Combination, Term, group_scores
from colorrl.rewards.reading import read
from colorrl.types import Scores, SketchBatch, TermScore


class TotalReward:
    """Terms, read off an image, and the combination that makes one number of their values."""

    def __init__(
        self, terms: Mapping[str, Term], combine: Combination, region_exact: bool = False
    ) -> None:
        """``region_exact``: made for generators that paint each region in one color.

        Raises ValueError without terms, for an unknown role, a weight <= 0 or bad thresholds.
        """
        if not terms:
            raise ValueError("a reward needs at least one term")
        for name, term in terms.items():
            if term.role not in ROLES or not term.weight > 0:
                raise ValueError(
                    f"reward term '{name}' has role '{term.role}' and weight {term.weight}: "
                    f"the role must be one of {', '.join(ROLES)}, the weight positive"
                )
        self.terms = dict(terms)
        self.combine = combine
        self.region_exact = region_exact
        self.total({name: torch.ones(1) for name in terms})  # a split may refuse the terms

    @property
    def oracle(self) -> list[str]:
        """Names of the terms that compare with the truth: no page to be coloured has one."""
        return [name for name, term in self.terms.items() if getattr(term, "sees_truth", False)]

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
        parts, weight = self.combine.split(value, self.terms)  # (N, P), (P,)
        total = parts @ weight
        training_reward, credit = self._in_group(
            total, parts, weight, marks, group, sketch.regions.n_slots
        )
        return Scores(
            total=total,
            training_reward=training_reward,
            term=value,
            region={name: m.region for name, m in marks.items() if m.region is not None},
            credit=credit,
        )

    def total(self, value: Mapping[str, Tensor]) -> Tensor:
        """The total of terms' values, which broadcast to (...): 1, or what verified pays."""
        parts, weight = self.combine.split(value, self.terms)
        return parts @ weight

    def _in_group(
        self,
        total: Tensor,
        parts: Tensor,
        weight: Tensor,
        marks: Mapping[str, TermScore],
        group: Tensor,
        n_slots: int,
    ) -> tuple[Tensor, Tensor]:
        """What an update maximises (N,), and what each region adds to it (N, R+1).

        A region adds what the total loses when its readings are those of its group's mean, the
        group's statistics held. Slot 0 (ink) takes the image's figure less its group's mean.
        """
        peers = (group.unsqueeze(1) == group.unsqueeze(0)).to(total.dtype)
        peers = peers / peers.sum(1, keepdim=True)  # (N, N), rows average a group
        replaced = {name: _replaced(mark, peers) for name, mark in marks.items()}
        lost = parts.unsqueeze(1) - self.combine.split(replaced, self.terms)[0]  # (N, R+1, P)
        if self.combine.std_floor is None:
            training_reward, credit = total, lost @ weight
        else:
            deviation, scale = group_scores(parts, group, self.combine.std_floor)
            training_reward = (deviation * scale) @ weight
            credit = (lost * scale.unsqueeze(1)) @ weight
        image = (training_reward - peers @ training_reward).unsqueeze(1)
        return training_reward, torch.cat([image, credit.expand(-1, n_slots)[:, 1:]], 1)


def _replaced(mark: TermScore, peers: Tensor) -> Tensor:
    """(N, R+1) the term's value with each region in turn read at its group's mean.

    (N, 1) for a term that does not read regions.
    """
    if mark.region is None or mark.sensitivity is None:
        return mark.value.clamp(0, 1).unsqueeze(1)
    moved = mark.sensitivity * (mark.region - peers @ mark.region)
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
