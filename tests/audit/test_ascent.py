"""Ascent finds the hole of a reward that has one, and none in a reward that reads pixels."""

import pytest
import torch

from colorrl.audit.ascent import STARTS, Climb, audit_ascent, climb, holes
from colorrl.audit.subjects import make_subjects
from colorrl.config.schema.audit import AscentConfig
from colorrl.rewards.accuracy import Accuracy
from colorrl.rewards.consistency import Consistency
from colorrl.rewards.total import TotalReward
from tests.tiny import GATED

BLIND = {"accuracy": Accuracy("mean", 1.0, 10.0, 0.5, 2.0)}
SEEING = {**BLIND, "consistency": Consistency("gate", 1.0, 0.1, 15.0, 3.0)}
SHORT = AscentConfig(steps=40, sketches=2, restarts=1, lr=0.05)


@pytest.fixture(scope="module")
def few(sketches):
    return lambda terms: make_subjects(
        TotalReward(terms, GATED), sketches[1:3], 0, torch.device("cpu")
    )


def test_medians_alone_are_a_hole_and_it_is_found(few, bars):
    """Accuracy reads a region's median, so that noise about the true colour is as good."""
    blind = few(BLIND)
    found = audit_ascent(blind, blind.reward, bars, SHORT)
    assert set(found.failures) <= {f"ascent_{name}" for name in STARTS} and found.failures
    assert found.figures["ascent_spoilt/holes"] == 2
    assert len(found.body) == len(found.strips) == len(STARTS)
    seeing = few(SEEING)
    assert audit_ascent(seeing, seeing.reward, bars, SHORT).failures == {}


def test_it_climbs_and_stays_a_picture(few):
    subjects = few(SEEING)
    (sketch,) = subjects.batches
    start = STARTS["spoilt"](sketch, torch.Generator().manual_seed(0))
    alone = torch.arange(len(sketch))
    before = subjects.reward.score(start, sketch, alone).total
    end = climb(subjects.reward, subjects.reward, sketch, start, SHORT)
    assert (end.total > before + 0.1).all() and (end.total <= end.truth).all()
    assert end.image.min() >= 0 and end.image.max() <= 1


def test_a_hole_is_close_to_the_truth_and_not_gold(bars):
    total, truth = torch.tensor([0.9, 0.9, 0.7]), torch.ones(3)
    gold = torch.tensor([0.95, 0.5, 0.5])
    blank = torch.zeros(3, 3, 4, 4)
    assert holes(Climb(blank, blank, total, truth, gold), bars).tolist() == [False, True, False]


def test_a_reward_without_a_slope_ends_where_it_starts(few):
    class Pass:
        role, weight = "gate", 1.0

        def __call__(self, reading, sketch, progress):
            from colorrl.types import TermScore

            return TermScore((reading.spread.detach().amax((1, 2)) < 5).float())

    subjects = few({"pass": Pass()})
    (sketch,) = subjects.batches
    start = STARTS["noise"](sketch, torch.Generator().manual_seed(0))
    assert torch.equal(climb(subjects.reward, subjects.reward, sketch, start, SHORT).image, start)
