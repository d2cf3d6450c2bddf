"""Exact values by enumeration against plain loops over every colouring."""

import itertools

import pytest
import torch

from colorrl.task.deck import make_deck, paint_entries
from colorrl.task.drawings import small_drawing
from colorrl.task.exact import all_totals, q_star
from tests.task.rewards import reward


def best(page_reward, prefix, n_regions, n_entries):
    """The best final reward after the entries ``prefix``, by trying every completion."""
    rest = itertools.product(range(n_entries), repeat=n_regions - len(prefix))
    return max(page_reward[prefix + tail] for tail in rest)


@pytest.mark.parametrize(("kind", "n_regions", "n_entries"), [("free", 4, 3), ("paired", 3, 2)])
def test_q_star_is_the_best_completion(kind, n_regions, n_entries):
    """Against pages painted and scored one by one. Seen to fail with the last region slowest."""
    deck, rule = make_deck([small_drawing(3, 32, n_regions, n_entries)]), reward(kind)
    page_reward = {}
    for entry in itertools.product(range(n_entries), repeat=n_regions):
        page = paint_entries(deck, torch.tensor([0]), torch.tensor([entry]))
        score = rule.score(page, deck.sketch, torch.tensor([0])).total
        page_reward[entry] = float(score)
    values = q_star(all_totals(deck, rule, 0))
    assert [tuple(v.shape) for v in values] == [(n_entries**t, n_entries) for t in range(n_regions)]
    for t, value in enumerate(values):
        for row, prefix in enumerate(itertools.product(range(n_entries), repeat=t)):
            for entry in range(n_entries):
                true = best(page_reward, (*prefix, entry), n_regions, n_entries)
                # 2e-6: fp32 means of a page's pixels round by the size of the batch
                assert abs(float(value[row, entry]) - true) < 3e-6


def test_q_star_obeys_bellman():
    """max over the next entry is the value of the move before. Exact: both are maxima."""
    draw = torch.Generator().manual_seed(0)
    values = q_star(torch.rand(3, 3, 3, 3, 3, generator=draw))
    for before, after in itertools.pairwise(values):
        assert torch.equal(before.flatten(), after.amax(1))


def test_too_many_colorings_are_refused():
    deck = make_deck([small_drawing(0, 64, 9, 5)])
    with pytest.raises(ValueError, match=r"5\^9 colourings"):
        all_totals(deck, reward("free"), 0)
