"""Samples of a page: which number is which, and what a page wears of what they say."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from colorrl.pages.page import fit, region_colors
from colorrl.pages.samples import VOTERS, Draws, joined, settled
from colorrl.palette import palette_from
from colorrl.regions.segment import segment
from tests.regions.drawings import draw

RED, GREEN = torch.tensor([1.0, 0, 0]), torch.tensor([0, 1.0, 0])


@dataclass
class Scripted:
    """Paints all in the next of ``colors``; remembers what it saw."""

    colors: list
    seen: list = field(default_factory=list)
    seeds: list = field(default_factory=list)
    size = 32

    def sample(self, sketch, seeds, n_steps=None):
        self.seen.append(sketch)
        self.seeds += seeds.tolist()
        first, self.colors = self.colors[: len(seeds)], self.colors[len(seeds) :]
        return torch.stack(first)[:, :, None, None].expand(-1, -1, 32, 32)

    def to(self, device):
        return self


class Halves(Scripted):
    """Paints regions of odd number green, the others red."""

    def __init__(self, page):
        self.page = page

    def sample(self, sketch, seeds, n_steps=None):
        odd = torch.from_numpy(self.page.kept)[sketch.regions.region_index[0].long()] % 2 == 1
        image = torch.where(odd[..., None], GREEN, RED).permute(2, 0, 1)
        return image.expand(len(seeds), -1, -1, -1)


def page_of(palette=None):
    line = draw("face", 64, 2)
    return fit(line, segment(line), 32, palette)


def draws_of(*colors, only=None):
    return Draws(Scripted(list(colors)), torch.device("cpu"), seed=0, n_steps=None, only=only)


def nothing_bare(page):
    return np.zeros(page.regions.n_regions + 1, bool)


def settle(page, colourings, draws, sure=False):
    return settled(page, colourings, nothing_bare(page), draws, sure=sure)


def uniform(page, color):
    image = color[:, None, None].expand(-1, 32, 32)
    return region_colors(page, image)[None]


@pytest.mark.parametrize(("n_red", "wins", "agree"), [(2, GREEN, 4), (5, RED, 5), (7, RED, 7)])
def test_a_page_gets_what_most_of_its_samples_agree_on(n_red, wins, agree):
    page = page_of(palette_from("#ff0000,#00ff00"))
    draws = draws_of(*[RED] * n_red, *[GREEN] * (VOTERS - 1 - n_red))
    # its own sample is red
    colors, (confidence,) = settle(page, uniform(page, RED), draws)
    assert (colors[0, 1:] == wins).all()
    assert confidence[1:] == pytest.approx(agree / (VOTERS - 1))


def test_without_a_palette_votes_are_conditioned_on_the_first_sample():
    page = page_of()
    draws = draws_of(*[GREEN] * (VOTERS - 1))
    settle(page, uniform(page, RED), draws)
    (seen,) = draws.generator.seen
    assert seen.palette[0, seen.share[0] > 0].tolist() == [RED.tolist()]


def test_several_colorings_stay_as_they_are():
    page = page_of(palette_from("#ff0000,#00ff00"))
    both = torch.cat([uniform(page, RED), uniform(page, GREEN)])
    colors, confidence = settle(page, both, draws_of())
    assert torch.equal(colors, both) and np.isnan(confidence).all()
    colors, confidence = settle(page, both, draws_of(*[RED] * (VOTERS - 2)), sure=True)
    assert torch.equal(colors, both)
    assert confidence[0][1:] == pytest.approx((VOTERS - 2) / (VOTERS - 1))
    assert confidence[1][1:] == pytest.approx(0)


def test_a_number_is_one_sample_of_a_page():
    page = page_of()
    draws = draws_of(*[RED] * 8)
    draws.images(page, 0, 4)
    draws.images(page, 0, 4, alone=True)
    seeds = draws.generator.seeds
    assert seeds[:4] == seeds[4:] and len(set(seeds)) == 4


def test_samples_agree_on_what_the_palette_lets_them_say():
    """Five reds that are all the palette's one red, against three greens that are alike."""
    reds = [torch.tensor([1.0, g, 0]) for g in (0.15, 0.3, 0.4, 0.5)]
    only = torch.stack([RED, GREEN])
    page = page_of(palette_from("#ff0000,#00ff00"))
    colors, (confidence,) = settle(
        page, uniform(page, RED), draws_of(*reds, *[GREEN] * 3, only=only)
    )
    assert (colors[0, 1:] == RED).all() and confidence[1:] == pytest.approx(4 / 7)


def test_each_region_has_a_vote_of_its_own():
    page = page_of(palette_from("#ff0000,#00ff00"))
    draws = Draws(Halves(page), torch.device("cpu"), seed=0, n_steps=None)
    colors, (confidence,) = settle(page, uniform(page, RED), draws)
    odd = torch.arange(1, page.regions.n_regions + 1) % 2 == 1
    assert (colors[0, 1:][odd] == GREEN).all() and (colors[0, 1:][~odd] == RED).all()
    assert confidence[1:][odd] == pytest.approx(6 / 7) and confidence[1:][~odd] == pytest.approx(1)


def test_a_color_near_one_of_the_palette_becomes_that_one():
    page = page_of(palette_from("#ff0000,#00ff00"))
    nearly, other = torch.tensor([0.99, 0.01, 0]), torch.tensor([0.6, 0.3, 0.1])
    for color, worn_at_last in ((nearly, RED), (other, other)):
        colors, _ = settle(page, uniform(page, color), draws_of(*[color] * 7))
        assert (colors[0, 1:] == worn_at_last).all()


def test_without_a_palette_shades_of_one_color_are_one():
    page = page_of()
    shades = torch.stack([RED - 0.002 * i for i in range(page.regions.n_regions + 1)]).clamp(0, 1)
    colors = joined(page, shades, nothing_bare(page))
    assert len(colors[1:].unique(dim=0)) == 1
