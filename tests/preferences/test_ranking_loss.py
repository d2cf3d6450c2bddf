"""Likelihoods of orders, the rule's noise, and calibration, against brute force."""

import itertools
import math

import pytest
import torch

from colorrl.preferences.calibration import expected_calibration_error, reliability
from colorrl.preferences.ranking_loss import bradley_terry, pair_margins, plackett_luce
from colorrl.preferences.rule import noisy_order

SCORES = torch.tensor([[0.3, -1.2, 0.9, 0.1], [2.0, 0.0, -1.0, 0.5]], dtype=torch.float64)


def test_bradley_terry_is_the_mean_over_all_pairs():
    for row, loss in zip(SCORES, bradley_terry(SCORES), strict=True):
        pairs = [math.log(1 + math.exp(b - a)) for a, b in itertools.combinations(row.tolist(), 2)]
        assert loss.item() == pytest.approx(sum(pairs) / 6, rel=1e-12)


def test_plackett_luce_is_a_distribution_over_orders():
    """Probabilities of all 24 orders sum to 1. Seen to fail with the last choice counted twice."""
    orders = torch.tensor(list(itertools.permutations(range(4))))
    loss = plackett_luce(SCORES[0][orders]) * 3  # of K - 1 choices
    assert torch.exp(-loss).sum().item() == pytest.approx(1, rel=1e-12)


def test_two_colorings_make_both_the_same():
    two = SCORES[:, :2]
    torch.testing.assert_close(bradley_terry(two), plackett_luce(two), rtol=1e-12, atol=0)
    assert torch.equal(pair_margins(two)[:, 0], two[:, 0] - two[:, 1])


def test_the_rule_s_noise_is_that_of_the_model():
    """a beats b as often as sigmoid((r_a - r_b) / noise) says: 4,000 draws, 4 standard errors."""
    total, noise, n = torch.tensor([0.6, 0.5, 0.45]), 0.1, 4000
    orders = [noisy_order(total, noise, seed) for seed in range(n)]
    for a, b in itertools.combinations(range(3), 2):
        expected = 1 / (1 + math.exp(-float(total[a] - total[b]) / noise))
        seen = sum(o.index(a) < o.index(b) for o in orders) / n
        assert abs(seen - expected) < 4 * math.sqrt(expected * (1 - expected) / n)
    assert noisy_order(total, 0.0, 7) == [0, 1, 2]
    assert noisy_order(total, noise, 5) == noisy_order(total, noise, 5)


def test_a_model_that_speaks_the_truth_is_calibrated():
    """Seen to fail with confidences taken for accuracies."""
    draw = torch.Generator().manual_seed(3)
    belief = 2 * torch.randn(20000, generator=draw)
    won = torch.rand(20000, generator=draw) < torch.sigmoid(belief)
    margin = torch.where(won, belief, -belief)
    honest = expected_calibration_error(reliability(margin))
    assert honest < 0.02  # about sqrt(p (1 - p) / n) a bin, 10 bins of 2,000
    assert expected_calibration_error(reliability(4 * margin)) > 0.1  # overconfident
    assert expected_calibration_error(reliability(0.1 * margin)) > 0.1  # underconfident


def test_a_bin_counts_what_falls_into_it():
    bins = reliability(torch.tensor([9.0, -9.0, 9.0, 0.0]))
    assert [(b.n, b.accuracy) for b in bins] == [(1, 0.5), (3, pytest.approx(2 / 3))]
