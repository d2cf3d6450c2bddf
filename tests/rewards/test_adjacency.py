from dataclasses import replace

import pytest
import torch

from colorrl.rewards.adjacency import Adjacency
from colorrl.rewards.reading import read

TERM = Adjacency(role="mean", weight=1.0, full=10.0, tolerance=2.0)


@pytest.mark.parametrize("pieces", ["apart", "alike"])
def test_value_equals_a_loop_over_edges(drawings, muddle, d00, pieces):
    if pieces == "alike":  # what is painted is of one colour, so that neighbours should match
        one = torch.where(drawings.alpha > 0, 0.4, drawings.flats)
        drawings = replace(drawings, flats=one)
    reading = read(muddle, drawings)
    mark = TERM(reading, drawings, 1.0)
    for n in range(len(drawings)):
        won = length = 0.0
        for (i, j), contact in zip(
            drawings.regions.edges[n].tolist(), drawings.regions.contact[n].tolist(), strict=True
        ):
            if contact == 0:
                continue
            away = d00(reading.center[n, i], reading.center[n, j])
            true = d00(reading.truth[n, i], reading.truth[n, j])
            agree = max(0.0, 1 - away / 10) if true < 1 else min(1.0, away / min(10.0, true))
            won, length = won + contact * agree, length + contact
        assert mark.value[n].item() == pytest.approx(won / length, abs=2e-3)


def test_stakes_are_twice_the_shares(drawings, reading):
    mark = TERM(reading, drawings, 1.0)
    torch.testing.assert_close(mark.sensitivity.sum(1), torch.full((5,), 2.0))
    lost = (mark.sensitivity * (1 - mark.region)).sum(1) / 2
    torch.testing.assert_close(mark.value, 1 - lost, atol=1e-5, rtol=0)


def test_one_color_has_no_agreement_where_all_neighbors_differ(drawings):
    gray = TERM(read(torch.full_like(drawings.flats, 0.5), drawings), drawings, 1.0).value
    torch.testing.assert_close(gray, torch.zeros(5), atol=1e-3, rtol=0)
    truth = TERM(read(drawings.flats, drawings), drawings, 1.0).value
    torch.testing.assert_close(truth, torch.ones(5), atol=1e-3, rtol=0)
