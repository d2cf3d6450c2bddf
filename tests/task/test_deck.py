"""Drawings as decision problems: order of regions, painted pages and their rewards."""

import pytest
import torch

from colorrl.rewards.cheats.given import region_colors
from colorrl.task.deck import BARE, make_deck, paint_entries, totals
from colorrl.task.drawings import small_drawings
from tests.task.rewards import reward


def test_regions_come_by_area_without_the_background(sketches):
    """Seen to fail with areas sorted upwards, and with the background among the regions."""
    deck = make_deck(sketches)
    for n, sketch in enumerate(sketches):
        ids = deck.region[n][: int(deck.n_regions[n])].tolist()
        area = sketch.regions.area[ids].tolist()
        assert area == sorted(area, reverse=True)
        assert set(ids) == set(range(1, sketch.regions.n_regions + 1)) - {sketch.regions.background}
        assert not deck.region[n][len(ids) :].any()


def test_the_true_entries_paint_the_true_flats(sketches):
    """Seen to fail with entries scattered to ranks instead of region ids."""
    deck = make_deck(sketches)
    true = region_colors(deck.sketch).gather(1, deck.region[..., None].expand(-1, -1, 3))
    away = torch.cdist(true, deck.sketch.palette)
    away = away.masked_fill((deck.sketch.share == 0)[:, None], torch.inf)
    near, entry = away.min(2)
    entry = torch.where(near < 0.02, entry, BARE)  # a true colour that is no entry is bare paper
    page = paint_entries(deck, torch.arange(len(deck)), entry)
    torch.testing.assert_close(page, deck.sketch.flats, atol=1e-6, rtol=0)


def test_totals_are_the_rewards_own(sketches):
    """Rows repeat, and their number is no multiple of the chunk's. fp32 sums: 1e-6.

    Seen to fail with `select` of the first rows instead of ``drawing``.
    """
    deck, paired = make_deck(sketches), reward("free")
    drawing = torch.tensor([0, 3, 3, 1] * 40)
    entry = torch.randint(0, 3, (160, deck.region.shape[1]), generator=torch.Generator())
    found = totals(deck, paired, drawing, entry)
    page = paint_entries(deck, drawing, entry)
    for n in (0, 1, 2, 131, 159):
        alone = deck.sketch.select([int(drawing[n])])
        own = paired.score(page[n : n + 1], alone, torch.zeros(1, dtype=torch.long)).total
        assert abs(float(found[n] - own)) < 1e-6


def test_a_drawing_without_palette_is_refused(sketches):
    from dataclasses import replace

    bare = replace(sketches[0], palette=torch.ones(1, 3), share=torch.zeros(1))
    with pytest.raises(ValueError, match="0 palette entries"):
        make_deck([bare])


def test_small_drawings_are_what_they_say():
    """Seen to fail with the owner map in place of the label map: the page took a shape's colour."""
    drawn = small_drawings(24, 32, seed=5)
    deck = make_deck(drawn)
    assert (deck.n_regions >= 2).all() and (deck.n_regions <= 6).all()
    assert (deck.n_entries <= torch.minimum(deck.n_regions, torch.tensor(5))).all()
    total = reward("free").score(deck.sketch.flats, deck.sketch, torch.arange(24)).total
    assert float(total.min()) > 0.99  # the truth keeps all that is asked
    again = small_drawings(24, 32, seed=5)
    assert all(torch.equal(a.flats, b.flats) for a, b in zip(drawn, again, strict=True))
