import math
from dataclasses import replace

import pytest
import torch

from colorrl.rewards.background import Background
from colorrl.rewards.background_prior import BackgroundPrior
from colorrl.rewards.reading import read

TERM = Background(role="gate", weight=1.0, slack=2.0, tau=20.0)


def _with_background(drawings, color):
    inside = drawings.regions.label == drawings.regions.background.view(-1, 1, 1)
    return torch.where(inside.unsqueeze(1), color, drawings.flats)


def test_only_the_background_counts(drawings, add_up):
    elsewhere = _with_background(drawings, drawings.flats * 0 + 1) * 0 + 0.2
    kept = torch.where(_with_background(drawings, -1.0) < 0, drawings.flats, elsewhere)
    mark = TERM(read(kept, drawings), drawings, 1.0)
    torch.testing.assert_close(mark.value, torch.ones(5))
    torch.testing.assert_close(add_up(mark), torch.ones(5))


def test_a_painted_background_costs_by_its_distance(drawings):
    # Grey 0.5 is 46.6 dE from white: exp(-(46.6 - 2) / 20) = 0.108.
    value = TERM(read(_with_background(drawings, 0.5), drawings), drawings, 1.0).value
    torch.testing.assert_close(value, torch.full((5,), 0.108), atol=2e-3, rtol=0)


def test_a_wrong_pixel_outweighs_as_many_right_ones_as_it_counts(drawings):
    """By hand: a share w of black pixels, each 0 right, leaves (1 - w) / (1 - w + 8 w).

    Seen to fail with the eighth power of the share that is right.
    """
    inside = drawings.regions.label == drawings.regions.background.view(-1, 1, 1)
    black = inside & (torch.arange(64) % 4 == 0)
    page = torch.where(black.unsqueeze(1), 0.0, drawings.flats)
    term = replace(TERM, tau=1.0, wrong_counts=8.0)
    wrong = black.sum((1, 2)) / inside.sum((1, 2))
    mark = term(read(page, drawings), drawings, 1.0)
    torch.testing.assert_close(mark.value, (1 - wrong) / (1 + 7 * wrong))
    sold = term(read(_with_background(drawings, 0.0), drawings), drawings, 1.0).value
    assert sold.max() < 1e-6


def test_a_page_that_is_all_wrong_still_has_a_slope(drawings):
    """A network that paints all paper must learn that a little less is better.

    Seen to fail with the seventh power of the share that is right.
    """
    term = replace(TERM, tau=10.0, wrong_counts=8.0)
    grey = torch.full((1,), 0.6, requires_grad=True)
    page = _with_background(drawings, grey)
    value = term(read(page, drawings), drawings, 1.0).value
    assert value.max() < 0.01
    (slope,) = torch.autograd.grad(value.mean(), grey)
    assert slope > 0.01


@pytest.mark.parametrize("term", [Background, BackgroundPrior])
@pytest.mark.parametrize("wrong_counts", [0.0, -1.0, math.nan])
def test_a_wrong_pixel_costs_something(term, wrong_counts):
    """Else a run would end in its first update. Seen to fail without the check."""
    with pytest.raises(ValueError, match=r"wrong_counts=.*above 0"):
        term(role="gate", weight=1.0, slack=2.0, tau=20.0, wrong_counts=wrong_counts)


def test_no_background_costs_nothing(drawings):
    regions = replace(drawings.regions, background=torch.zeros(5, dtype=torch.long))
    bare = replace(drawings, regions=regions)
    mark = TERM(read(torch.zeros(5, 3, 64, 64), bare), bare, 1.0)
    torch.testing.assert_close(mark.value, torch.ones(5))
    assert mark.sensitivity.sum() == 0
