"""The gate's arithmetic, and each region's credit against a brute-force loop."""

import math
from dataclasses import dataclass, replace

import pytest
import torch

from colorrl.rewards.accuracy import Accuracy
from colorrl.rewards.adjacency import Adjacency
from colorrl.rewards.consistency import Consistency
from colorrl.rewards.coverage import Coverage
from colorrl.rewards.grouping import Grouping
from colorrl.rewards.reading import paint, read
from colorrl.rewards.total import TotalReward
from colorrl.types import TermScore
from tests.tiny import GATED


@dataclass(frozen=True, slots=True)
class Constant:
    """A term that reads nothing: the same value for every image."""

    role: str
    weight: float
    value: float

    def __call__(self, reading, sketch, progress):
        return TermScore(torch.full((len(sketch),), self.value))


@pytest.fixture
def total() -> TotalReward:
    return TotalReward(
        {
            "consistency": Consistency("gate", 1.0, 1.0, 15.0, 3.0),
            "coverage": Coverage("gate", 2.0, 3.0, 8.0),
            "accuracy": Accuracy("mean", 2.0, 10.0, 1.0, 2.0),
            "grouping": Grouping("mean", 1.0, 10.0, 2.0),
            "adjacency": Adjacency("mean", 1.0, 10.0, 2.0),
            "flat": Constant("penalty", 0.2, 0.7),
        },
        GATED,
    )


@pytest.fixture(scope="module")
def samples(drawings):
    """Four recoloured samples of each drawing: (image, sketch, group)."""
    sketch = drawings.repeat(4)
    g = torch.Generator().manual_seed(3)
    moved = 0.2 * torch.randn(*sketch.regions.area.shape, 3, generator=g)
    noise = 0.03 * torch.randn(sketch.flats.shape, generator=g)
    image = (sketch.flats + paint(moved, sketch.regions.region_index) + noise).clamp(0, 1)
    return image, sketch, torch.arange(5).repeat_interleave(4)


def test_roles_combine_as_written():
    total = TotalReward(
        {
            "a": Constant("gate", 2.0, 0.9),
            "b": Constant("gate", 1.0, 0.8),
            "c": Constant("mean", 3.0, 0.5),
            "d": Constant("mean", 1.0, 0.4),
            "e": Constant("penalty", 0.2, 0.3),
        },
        GATED,
    )
    value = {name: torch.tensor([term.value]) for name, term in total.terms.items()}
    expected = 0.9**2 * 0.8 * 0.5**0.75 * 0.4**0.25 - 0.2 * 0.7
    torch.testing.assert_close(total.total(value), torch.tensor([expected]))


def test_truth_scores_one_and_region_readings_are_named(total, drawings):
    no_penalty = TotalReward({n: t for n, t in total.terms.items() if n != "flat"}, GATED)
    scores = no_penalty.score(drawings.flats, drawings, torch.arange(5))
    torch.testing.assert_close(scores.total, torch.ones(5), atol=1e-3, rtol=0)
    assert set(scores.region) == {"consistency", "coverage", "accuracy", "grouping", "adjacency"}
    assert all(v.min() >= 0 and v.max() <= 1 for v in scores.term.values())


def test_credit_equals_a_brute_force_loop(total, samples):
    image, sketch, group = samples
    scores = total.score(image, sketch, group)
    reading = read(image, sketch)
    marks = {name: term(reading, sketch, 1.0) for name, term in total.terms.items()}
    for n in range(0, len(sketch), 3):
        mates = (group == group[n]).nonzero().flatten()
        assert scores.credit[n, 0].item() == pytest.approx(
            (scores.total[n] - scores.total[mates].mean()).item(), abs=1e-6
        )
        for r in range(1, sketch.regions.n_slots):
            value = {}
            for name, mark in marks.items():
                v = mark.value[n].item()
                if mark.region is not None:
                    mean = mark.region[mates, r].mean().item()
                    v -= mark.sensitivity[n, r].item() * (mark.region[n, r].item() - mean)
                value[name] = v
            without = value["consistency"] * value["coverage"] ** 2
            without *= value["accuracy"] ** 0.5
            without *= (value["grouping"] * value["adjacency"]) ** 0.25
            without -= 0.2 * (1 - value["flat"])
            assert scores.credit[n, r].item() == pytest.approx(
                scores.total[n].item() - without, abs=1e-5
            )


def test_credit_of_an_additive_total_adds_up_to_the_advantage(samples):
    image, sketch, group = samples
    total = TotalReward({"accuracy": Accuracy("mean", 1.0, 10.0, 1.0, 2.0)}, GATED)
    scores = total.score(image, sketch, group)
    assert scores.credit[:, 1:].abs().max() > 0.05
    torch.testing.assert_close(scores.credit[:, 1:].sum(1), scores.credit[:, 0], atol=1e-5, rtol=0)


def test_credit_finds_the_one_wrong_region(total, drawings):
    sketch = drawings.repeat(2)
    image = sketch.flats.clone()
    wrong = int(sketch.regions.weight[0].argmin(0, keepdim=True)) or 2
    image[0, :, sketch.regions.region_index[0] == wrong] = 0.4
    credit = total.score(image, sketch, torch.arange(5).repeat_interleave(2)).credit
    assert credit[0, 1:].argmin() + 1 == wrong and credit[1, 1:].argmax() + 1 == wrong


def test_a_term_without_regions_gives_regions_no_credit(samples):
    image, sketch, group = samples
    scores = TotalReward({"flat": Constant("gate", 1.0, 0.5)}, GATED).score(image, sketch, group)
    assert scores.credit.shape == sketch.regions.area.shape
    assert (scores.credit == 0).all() and scores.region == {}


def test_progress_reaches_the_terms(total, samples):
    image, sketch, group = samples
    early = total.score(image, sketch, group, progress=0.0)
    late = total.score(image, sketch, group, progress=1.0)
    assert (early.term["consistency"] > late.term["consistency"]).all()


def test_a_sample_does_not_depend_on_its_batch_mates(total, samples):
    image, sketch, group = samples
    whole = total.score(image, sketch, group)
    part = total.score(image[4:8], sketch.select(range(4, 8)), group[4:8])
    torch.testing.assert_close(part.total, whole.total[4:8])
    torch.testing.assert_close(part.credit, whole.credit[4:8])


def test_a_value_that_is_not_finite_is_named_by_sketch_and_term(total, drawings):
    image = drawings.flats.clone()
    image[2, 0, 32, 20] = math.nan
    with pytest.raises(FloatingPointError, match=r"'consistency' is nan for sketch 'fish'"):
        total.score(image, drawings, torch.arange(5))


@pytest.mark.parametrize("change", [{"role": "gaet"}, {"weight": 0.0}])
def test_bad_parts_are_refused_by_name(change):
    """Seen to fail without the check of weights."""
    with pytest.raises(ValueError, match="'flat'"):
        TotalReward({"flat": replace(Constant("gate", 1.0, 1.0), **change)}, GATED)
    with pytest.raises(ValueError, match="at least one"):
        TotalReward({}, GATED)
