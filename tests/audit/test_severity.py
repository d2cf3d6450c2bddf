"""Corruptions must fall step by step; where a reward passes or fails they may tie."""

import pytest

from colorrl.audit.severity import audit_corruptions, falls
from colorrl.rewards.corruptions import CORRUPTIONS
from colorrl.rewards.palette import PaletteAdherence


@pytest.mark.parametrize(
    ("totals", "strict", "with_ties"),
    [
        ([1.0, 0.8, 0.5], True, True),
        ([1.0, 0.5, 0.5], False, True),
        ([1.0, 0.5, 0.6], False, False),
        ([1.0, 1.0, 0.5], False, False),
        ([1.0, 0.9995], False, False),  # the truth and the mildest level: a tie
        ([1.0, 0.001, 0.0005], True, True),  # shut gates, still in order
        ([1.0, 0.9], True, True),
        ([1.0, float("nan")], False, False),
    ],
)
def test_falling(totals, strict, with_ties):
    assert falls(totals, may_tie=False) is strict
    assert falls(totals, may_tie=True) is with_ties


def test_a_reward_that_is_blind_to_places_misses_a_swap(subjects, bars):
    """Any palette colour anywhere pleases palette adherence, one that is not in it does not."""
    found = audit_corruptions(subjects({"palette": PaletteAdherence("gate", 1.0, 1.0, 10.0)}), bars)
    assert {"swapped", "wrong_eye", "wrong_regions"} <= set(found.failures)
    assert "washed_out" not in found.failures
    assert len(found.body) == len(CORRUPTIONS)
    assert found.figures["washed_out/0.4/total"] < found.figures["washed_out/0.1/total"] < 1
