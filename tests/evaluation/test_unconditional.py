"""Figures of colourings without a palette, against values worked out by hand."""

import math

import pytest
import torch

from colorrl.color import delta_e_2000
from colorrl.data.palette_condition import condition_palette
from colorrl.evaluation.baselines.assigned import random_colours, white_page
from colorrl.evaluation.unconditional import (
    PARTS,
    book_of,
    colors_of,
    diversity,
    parts,
    true_palettes,
    watched,
)

NONE = pytest.approx(0, abs=1e-5)  # CIEDE2000 of a colour to itself is 1e-6 in fp32
BLACK, GRAY, WHITE = torch.tensor([[0.0, 0, 0], [50, 0, 0], [100, 0, 0]])


def test_parts_are_shares():
    found = parts(torch.stack([BLACK, WHITE]), torch.tensor([30.0, 10.0]))
    assert len(found) == PARTS == 20
    assert [int((found == c).all(1).sum()) for c in (BLACK, WHITE)] == [15, 5]
    # a speck under half a part is not seen
    found = parts(torch.stack([BLACK, WHITE]), torch.tensor([99.0, 1.0]))
    assert (found == BLACK).all()


def test_distance_is_the_cheapest_matching_by_area():
    def page(black, white):
        return parts(torch.stack([BLACK, WHITE]), torch.tensor([black, white]))

    book = book_of([page(1.0, 1.0), page(3.0, 1.0), page(1.0, 1.0)])
    assert book.palette.shape == (2, PARTS)  # without duplicates
    far = float(delta_e_2000(BLACK, WHITE))
    near = float(delta_e_2000(BLACK, GRAY))
    two = torch.stack([WHITE, BLACK])  # in another order
    assert book.distance(two, torch.tensor([1.0, 1.0])) == NONE
    # all black: a quarter of the page would have to move to the nearer palette
    assert book.distance(BLACK[None], torch.tensor([8.0])) == pytest.approx(far / 4, rel=1e-5)
    # half grey, half black: grey takes white's 5 and 5 of black's parts
    mixed = torch.stack([GRAY, BLACK])
    whitish = float(delta_e_2000(GRAY, WHITE))
    expected = min(whitish / 2, (5 * whitish + 5 * near) / 20)
    assert book.distance(mixed, torch.tensor([1.0, 1.0])) == pytest.approx(expected, rel=1e-5)
    assert math.isnan(book.distance(torch.zeros(0, 3), torch.zeros(0)))


def test_pruning_finds_the_nearest():
    """The bound never hides the palette that all matchings, tried one by one, find nearest."""
    draw = torch.Generator().manual_seed(0)
    lab = torch.rand(40, PARTS, 3, generator=draw) * 60
    book = book_of(list(lab))
    own = torch.rand(5, 3, generator=draw) * 60
    area = torch.rand(5, generator=draw)
    alone = [book_of([palette]).distance(own, area) for palette in lab]
    assert book.distance(own, area) == pytest.approx(min(alone), rel=1e-5)


def test_diversity_is_the_mean_over_pairs_by_area():
    one, other = torch.stack([BLACK, BLACK]), torch.stack([BLACK, WHITE])
    far = float(delta_e_2000(BLACK, WHITE))
    area = torch.tensor([3.0, 1.0])
    assert diversity([one, other], area) == pytest.approx(far / 4)
    assert diversity([one, other, one], area) == pytest.approx(far / 6)
    assert diversity([one, one], area) == NONE and diversity([one], area) == 0
    assert math.isnan(diversity([torch.zeros(0, 3)], torch.zeros(0)))


def figures(images, drawings, book):
    return watched([colors_of(image, [drawings]) for image in images], [drawings], book)


def test_truth_white_and_chance_lie_where_they_should(drawings, sketches):
    book = true_palettes(sketches)
    chance = [random_colours(drawings, torch.Generator().manual_seed(i)) for i in range(3)]
    found = {
        "truth": figures([drawings.flats], drawings, book),
        "white": figures([white_page(drawings, torch.Generator())] * 2, drawings, book),
        "chance": figures(chance, drawings, book),
    }
    mean = {k: {n: float(v.mean()) for n, v in row.items()} for k, row in found.items()}
    assert all(len(v) == 5 for row in found.values() for v in row.values())
    for name in ("eval/palette_distance", "eval/palette_coverage"):
        assert mean["truth"][name] < 0.01 and mean["chance"][name] > 5 < mean["white"][name]
    assert mean["truth"]["eval/diversity"] == 0 and mean["white"]["eval/diversity"] == NONE
    assert mean["chance"]["eval/diversity"] > 20


def test_one_palette_for_all_covers_little(drawings, sketches):
    """Mode collapse: each colouring is likely, the split as a whole is not covered."""
    book = true_palettes(sketches)
    yellow = drawings.select([0]).palette[0, 0]
    page = yellow[None, :, None, None].expand(5, 3, 64, 64)
    alike, truth = (figures([i], drawings, book) for i in (page, drawings.flats))
    name = "eval/palette_coverage"
    assert alike[name].mean() > 5 + truth[name].mean()


def test_palette_conditions(drawings):
    assert condition_palette(drawings, "shares") is drawings
    colors = condition_palette(drawings, "colors").share
    assert torch.equal(colors > 0, drawings.share > 0)
    torch.testing.assert_close(colors.sum(1), torch.ones(5))
    assert all(len(row[row > 0].unique()) == 1 for row in colors)
    assert (condition_palette(drawings, "none").share == 0).all()
    assert (drawings.share.sum(1) > 0.99).all()  # the truth is left as it was
