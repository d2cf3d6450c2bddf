import itertools

import pytest
import torch

from colorrl.rewards.grouping import Grouping
from colorrl.rewards.reading import paint, read, region_mean

TERM = Grouping(role="mean", weight=1.0, full=10.0, tolerance=2.0)


def test_value_equals_a_loop_over_pairs(drawings, reading, d00):
    mark = TERM(reading, drawings, 1.0)
    for n in range(len(drawings)):
        halves = {True: [], False: []}
        ids = drawings.regions.weight[n].nonzero().flatten().tolist()
        for i, j in itertools.combinations(ids, 2):
            away = d00(reading.center[n, i], reading.center[n, j])
            true = d00(reading.truth[n, i], reading.truth[n, j])
            alike = true < 1
            agree = max(0.0, 1 - away / 10) if alike else min(1.0, away / min(10.0, true))
            weight = (drawings.regions.weight[n, i] * drawings.regions.weight[n, j]).item()
            halves[alike].append((weight, agree))
        means = [sum(w * a for w, a in h) / sum(w for w, _ in h) for h in halves.values() if h]
        assert mark.value[n].item() == pytest.approx(sum(means) / len(means), abs=2e-3)
    assert mark.value.min() < 0.9  # the muddle tests something


def test_changing_a_region_moves_the_value_by_its_sensitivity(drawings, reading):
    mark = TERM(reading, drawings, 1.0)
    # Every pair stands in two regions' readings, so the stakes add up to 2.
    torch.testing.assert_close(mark.sensitivity.sum(1), torch.full((5,), 2.0))
    lost = (mark.sensitivity * (1 - mark.region)).sum(1) / 2
    torch.testing.assert_close(mark.value, 1 - lost, atol=1e-5, rtol=0)


def test_permuted_colors_keep_the_grouping_and_one_color_does_not(drawings):
    # Channels turned round: other colours, same groups, differences still wide.
    turned = drawings.flats.roll(1, dims=1)
    assert (TERM(read(turned, drawings), drawings, 1.0).value > 0.98).all()
    gray = TERM(read(torch.full_like(drawings.flats, 0.5), drawings), drawings, 1.0).value
    expected = torch.tensor([0.5, 0.0, 0.5, 0.5, 0.5])  # the house has no pair alike
    torch.testing.assert_close(gray, expected, atol=1e-3, rtol=0)


def test_the_background_and_padding_are_in_no_pair(drawings):
    mark = TERM(read(drawings.flats, drawings), drawings, 1.0)
    assert (mark.sensitivity[drawings.regions.weight == 0] == 0).all()
    means = region_mean(drawings.flats, drawings.regions)
    torch.testing.assert_close(paint(means, drawings.regions.label)[:, :, 0, 0], torch.ones(5, 3))
