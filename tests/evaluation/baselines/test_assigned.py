"""Baselines that deal a palette: what they use, and that they never look at the truth."""

from dataclasses import replace

import pytest
import torch

from colorrl.evaluation.baselines import assigned
from colorrl.metrics import evaluate_images, region_lab
from colorrl.rewards.cheats.given import painted_regions

ALL = [
    assigned.white_page,
    assigned.dominant_colour,
    assigned.random_palette,
    assigned.random_colours,
    assigned.area_rank,
    assigned.area_share,
    assigned.area_search,
]


def colored(baseline, sketch, seed=0):
    return baseline(sketch, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("baseline", ALL)
def test_the_truth_is_not_looked_at(drawings, baseline):
    blind = replace(drawings, flats=None, alpha=None, fill=None)
    image = colored(baseline, blind)
    assert torch.equal(image, colored(baseline, drawings))
    outside = drawings.regions.region_index == drawings.regions.background.view(-1, 1, 1)
    assert image.shape == (5, 3, 64, 64) and (image.movedim(1, 3)[outside] == 1).all()


@pytest.mark.parametrize("baseline", ALL[1:])
def test_palettes_with_padding_in_any_order_give_colors_that_are_there(drawings, baseline):
    grown = replace(
        drawings,
        palette=torch.cat([torch.zeros(5, 2, 3), drawings.palette.flip(1)], 1),
        share=torch.cat([torch.zeros(5, 2), drawings.share.flip(1)], 1),
    )
    if baseline not in (assigned.random_palette, assigned.random_colours):  # those draw otherwise
        assert torch.equal(colored(baseline, grown), colored(baseline, drawings))
    if baseline is not assigned.random_colours:
        assert (evaluate_images(colored(baseline, grown), drawings)["palette_precision"] == 1).all()


def test_the_commonest_color_is_everywhere(drawings):
    image = colored(assigned.dominant_colour, drawings)
    for n, inside in enumerate(painted_regions(drawings)):
        colors = region_lab(image, drawings)[n][inside]
        assert len(colors.unique(dim=0)) == 1
    accuracy = evaluate_images(image, drawings)["region_accuracy_area"]
    # the share of the commonest, where nothing but the background is bare (not the fish: its eye)
    # 0.03: shares of the drawings are of pixels, some of them ink's
    painted = [0, 1, 3, 4]
    torch.testing.assert_close(
        accuracy[painted], drawings.share.amax(1)[painted], atol=0.03, rtol=0
    )


def test_rank_and_share_differ_where_a_color_has_two_regions(drawings):
    """The flag: two bars of blue of four regions, the yellow one between them about as large."""
    flag = drawings.select([3])
    rank, share = (
        evaluate_images(colored(b, flag), flag)["region_accuracy_area"].item()
        for b in (assigned.area_rank, assigned.area_share)
    )
    assert rank < 0.7 and share >= 0.65
    searched = evaluate_images(colored(assigned.area_search, flag), flag)
    assert searched["region_accuracy_area"] > 0.95
    # colours of one region each, by area: both are right
    house = drawings.select([1])
    for baseline in (assigned.area_rank, assigned.area_share):
        assert evaluate_images(colored(baseline, house), house)["region_accuracy_area"] > 0.8


def test_shares_are_met_as_nearly_as_regions_allow(drawings):
    met, found, dealt = (
        evaluate_images(colored(b, drawings), drawings)["palette_recall"].mean()
        for b in (assigned.area_share, assigned.area_search, assigned.random_palette)
    )
    assert min(met, found) > 0.95 > dealt


def test_chances_are_the_generator_s(drawings):
    for baseline in (assigned.random_palette, assigned.random_colours):
        assert torch.equal(colored(baseline, drawings, 1), colored(baseline, drawings, 1))
        assert not torch.equal(colored(baseline, drawings, 1), colored(baseline, drawings, 2))


@pytest.mark.parametrize("baseline", ALL[1:3] + ALL[4:])
def test_without_a_palette_or_a_color_paper_is_left(drawings, baseline):
    untold = replace(drawings, share=torch.zeros_like(drawings.share))
    assert (colored(baseline, untold) == 1).all()
    with pytest.raises(ValueError, match=r"얼굴.*no palette"):
        colored(baseline, replace(drawings, palette=None, share=None))
