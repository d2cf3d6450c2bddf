"""Baird's counterexample diverges with all three ingredients, not without any one of them."""

import itertools

import pytest

from colorrl.q_learning.baird import FEATURES, FIRST, largest_values

AT_FIRST = float((FEATURES @ FIRST).abs().max())


def test_all_three_diverge():
    """Five seeds. Seen to fail with importance weights of 1 (what is then learnt is on-policy)."""
    for seed in range(5):
        grown = largest_values(bootstrap=True, off_policy=True, table=False, seed=seed)
        assert grown[-1] > 100 * AT_FIRST and grown[-1] > 10 * grown[len(grown) // 2]


@pytest.mark.parametrize(
    "ingredients",
    [i for i in itertools.product([True, False], repeat=3) if i != (True, True, False)],
)
def test_any_two_do_not(ingredients):
    bootstrap, off_policy, table = ingredients
    found = largest_values(bootstrap=bootstrap, off_policy=off_policy, table=table, seed=0)
    assert found.max() < 2 * AT_FIRST
