"""Beam search against every colouring of small drawings."""

import pytest
import torch

from colorrl.planning.beam import beam, likeliest
from colorrl.policy.rollout import sample_rollout
from colorrl.seeding import seed_of
from colorrl.task.deck import make_deck, totals
from colorrl.task.drawings import small_drawing
from colorrl.task.exact import all_totals
from tests.task.rewards import reward
from tests.tiny import network, sampler

DETERMINISTIC = sampler("ode")


@pytest.fixture(scope="module")
def deck():
    return make_deck([small_drawing(s, 32, r, k) for s, r, k in ((0, 3, 3), (1, 4, 2))])


def found(deck, width, n_scored):
    return beam(network("region"), deck, DETERMINISTIC, reward("free"), width, n_scored, 3)


def test_a_wide_beam_finds_the_best_coloring(deck):
    """Seen to fail with the worst page of all given back."""
    for m, one in enumerate(found(deck, 100, 1000)):
        best = float(all_totals(deck, reward("free"), m).max())
        assert float(one.total[0, 0]) == pytest.approx(best, abs=1e-6)


def test_no_more_is_scored_than_allowed_and_the_start_counts(deck):
    """Better or as good as where it starts, at every budget."""
    start = likeliest(network("region"), deck, DETERMINISTIC, 3)
    first = totals(deck, reward("free"), torch.arange(2), start)
    worth = []
    for n_scored in (1, 4, 8):
        ours = found(deck, 2, n_scored)
        assert all(one.reward_calls <= n_scored and one.network_calls == 4 for one in ours)
        worth.append(torch.stack([one.total[0, 0] for one in ours]))
    torch.testing.assert_close(worth[0], first, atol=1e-6, rtol=0)
    assert (worth[1] >= worth[0] - 1e-6).all() and (worth[2] >= worth[1] - 1e-6).all()


def test_the_start_is_what_the_chain_thinks_likeliest(deck):
    """The mix at the state before the last step of the same deterministic rollout."""
    policy = network("region")
    seeds = torch.tensor([seed_of(3, m) for m in range(2)])
    made = sample_rollout(policy, deck.sketch, 1, seeds, DETERMINISTIC)
    last = DETERMINISTIC.steps()[-1]
    time = torch.full((2,), last.t)
    mix = policy.predict_mix(made.state[:, -2], time, policy.encode(deck.sketch))
    expected = mix.log_share[..., 1:].argmax(2).gather(1, deck.region)
    assert torch.equal(likeliest(policy, deck, DETERMINISTIC, 3), expected)
