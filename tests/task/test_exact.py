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


def pages(deck, every):
    """The pages of all entries ``every``, painted one by one."""
    return torch.cat([paint_entries(deck, torch.tensor([0]), torch.tensor([e])) for e in every])


@pytest.mark.parametrize(("kind", "n_regions", "n_entries"), [("free", 4, 3), ("paired", 3, 2)])
def test_q_star_is_the_best_completion(kind, n_regions, n_entries):
    """Against pages painted one by one. Seen to fail with the last region slowest.

    They are scored in one batch, as `all_totals` does: see the next test.
    """
    deck, rule = make_deck([small_drawing(3, 32, n_regions, n_entries)]), reward(kind)
    every = list(itertools.product(range(n_entries), repeat=n_regions))
    scores = rule.score(
        pages(deck, every), deck.sketch.repeat(len(every)), torch.arange(len(every))
    )
    page_reward = dict(zip(every, scores.total.tolist(), strict=True))
    values = q_star(all_totals(deck, rule, 0))
    assert [tuple(v.shape) for v in values] == [(n_entries**t, n_entries) for t in range(n_regions)]
    for t, value in enumerate(values):
        for row, prefix in enumerate(itertools.product(range(n_entries), repeat=t)):
            for entry in range(n_entries):
                true = best(page_reward, (*prefix, entry), n_regions, n_entries)
                assert abs(float(value[row, entry]) - true) < 1e-6


def test_a_page_scores_alone_as_in_a_batch():
    """True colours become Lab in doubles, for powers of fp32 round by a number's place in a vector.

    Seen to fail, by 1.6e-6, with that in fp32, and with a term that divides by the batch's size.
    """
    deck, rule = make_deck([small_drawing(3, 32, 3, 2)]), reward("paired")
    every = list(itertools.product(range(2), repeat=3))
    page = pages(deck, every)
    together = rule.score(page, deck.sketch.repeat(len(page)), torch.arange(len(page))).total
    alone = [rule.score(one[None], deck.sketch, torch.tensor([0])).total for one in page]
    torch.testing.assert_close(torch.cat(alone), together, rtol=0, atol=1e-6)


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
