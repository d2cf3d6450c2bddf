"""Samples of held-out sketches put to the vote, with given shares or not."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch

from colorrl.evaluation.vote import cast, flat_colors, voted, voted_at_shares
from colorrl.rewards.cheats.given import flats_of


@pytest.fixture
def judge(drawings):
    return SimpleNamespace(batches=(drawings.select([0, 1]), drawings.select([2, 3, 4])))


def ballots_of(judge, *samples):
    """As many samples as are given, in their order."""
    left = iter(samples)
    return partial(cast, judge, lambda seed: next(left), n=len(samples))


def test_colors_of_regions_white_for_ink(drawings):
    colors = flat_colors(flats_of(drawings), drawings)
    assert (colors[:, 0] == 1).all()
    image = colors.gather(
        1, drawings.regions.label.flatten(1).long()[..., None].expand(-1, -1, 3)
    ).movedim(2, 1)
    inside = (drawings.regions.label > 0).flatten(1)[:, None].expand(-1, 3, -1)
    assert torch.equal(image[inside], flats_of(drawings).flatten(2)[inside])


def test_each_sketch_gets_what_most_of_its_samples_agree_on(drawings, judge):
    truth, red = flats_of(drawings), torch.zeros(5, 3, 64, 64)
    red[:, 0] = 1
    some = torch.cat([truth[:2], red[2:]])  # the truth has two votes of three, or none
    images = voted(judge, ballots_of(judge, some, red, some), 0)
    inside = (drawings.regions.label > 0)[:, None].expand(-1, 3, -1, -1)
    assert torch.equal(images[:2][inside[:2]], truth[:2][inside[:2]])
    assert torch.equal(images[2:][inside[2:]], red[2:][inside[2:]])


def test_given_shares_overrule_the_vote(drawings, judge):
    """All samples paint the house's roof and wall the wrong way round."""
    truth = flats_of(drawings)
    said = flat_colors(truth, drawings)
    first, other = (drawings.regions.area[1, 1:].argsort(descending=True)[1:3] + 1).tolist()
    swapped = said[1].clone()
    swapped[first], swapped[other] = said[1][other], said[1][first]
    wrong = truth.clone()
    wrong[1] = swapped[drawings.regions.region_index[1].long()].movedim(2, 0)
    ballots = partial(ballots_of, judge, wrong, wrong, wrong)
    assert torch.equal(flat_colors(voted(judge, ballots(), 0), drawings)[1, first], said[1][other])
    kept = flat_colors(voted_at_shares(judge, ballots(), 0, 1e4), drawings)
    assert torch.equal(kept[1, first], said[1][first])
