"""Strokes to line art: widths in pixels, gaps of their length, cuts that open."""

from dataclasses import replace

import numpy as np
import pytest
from skimage.measure import label as components

from colorrl.data.procedural.gap_cuts import cut, find_sites
from colorrl.data.procedural.inking import PLAIN, ink_strokes
from colorrl.data.procedural.strokes import (
    between_pixels,
    center_lines,
    ink,
    regions_of,
    with_width,
)


def straight(half: float, size: int = 96) -> np.ndarray:
    """A line across the middle of the page."""
    strokes = np.zeros((size, size), np.float32)
    strokes[size // 2] = half
    return strokes


def boxes(size: int = 256) -> np.ndarray:
    """Two boxes side by side that share a wall, relative widths."""
    strokes = np.zeros((size, size), np.float32)
    strokes[40, 30:227] = strokes[216, 30:227] = 1
    strokes[40:217, [30, 128, 226]] = 1
    return strokes


@pytest.mark.parametrize("width", range(1, 9))
@pytest.mark.parametrize("antialias", [True, False])
def test_a_line_is_as_wide_as_asked(width, antialias):
    strokes = straight(width / 2)
    if not antialias and width % 2 == 0:
        strokes = between_pixels(strokes)
    line = ink(strokes, antialias)
    assert (1 - line).sum(axis=0) == pytest.approx(width)
    assert antialias or set(np.unique(line)) == {0, 1}


def test_no_strokes_are_white_paper():
    assert (ink(np.zeros((9, 9), np.float32), True) == 1).all()


def test_jitter_spreads_widths_and_no_line_is_thinner_than_a_pixel():
    random = np.random.default_rng(0)
    even = with_width(boxes(), 4, 0, random)
    assert set(np.unique(even)) == {0, 2}
    uneven = with_width(boxes(), 4, 0.2, random)
    drawn = uneven[uneven > 0]
    assert 0.2 < drawn.std() < 0.6  # 0.2 x 2 px, of a field that is smooth over a fifth of a page
    assert with_width(boxes(), 0.3, 0.2, random).max() == 0.5


def test_center_lines_keep_what_lines_close():
    thick = ink(boxes() * 7, False)
    strokes = center_lines(thick)
    assert regions_of(ink(strokes * 1.5, False)).max() == 3
    assert (strokes > 0).sum() < 1.1 * (boxes() > 0).sum()


@pytest.mark.parametrize("gap", [4, 8, 12, 20])
@pytest.mark.parametrize("width", [1, 2, 3, 8])
@pytest.mark.parametrize("taper", [False, True])
def test_a_gap_is_as_long_as_asked(gap, width, taper):
    strokes = straight(width / 2)
    label = regions_of(ink(strokes, True))
    site = find_sites(strokes, label, 1, 20, np.random.default_rng(1))[0]
    assert site.regions == (1, 2)
    line = ink(cut(strokes, site, gap, taper), True)
    # along the middle of the line, paper counted by its share of each pixel; the gap's middle is
    # half a pixel off the line, which brings its ends closer by sqrt(2.5^2 + .5^2) - 2.5 at most
    assert line[site.at[0]].sum() == pytest.approx(gap, abs=0.101)
    assert regions_of(line).max() == 1


def test_ends_narrow_at_once_or_over_four_line_widths():
    strokes = straight(4)
    label = regions_of(ink(strokes, True))
    site = find_sites(strokes, label, 1, 12, np.random.default_rng(1))[0]
    blunt, tapered = (cut(strokes, site, 12, taper)[site.at[0]] for taper in (False, True))
    gap, beside = slice(site.at[1] - 5, site.at[1] + 7), site.at[1] + 7  # 12 px, and after them
    assert (blunt[gap] == 0).all() and (tapered[gap] == 0).all()
    # half a pixel after the gap's end at first, then a pixel more each
    assert blunt[beside : beside + 5] == pytest.approx([0.5, 1.5, 2.5, 3.5, 4], abs=0.02)
    assert tapered[beside + 15] == pytest.approx(15.5 / 8, abs=0.02)
    assert tapered[beside] == 0.5 and tapered[beside + 31] < 4 == tapered[beside + 32]


def test_each_gap_joins_the_two_regions_that_it_names_and_no_others():
    strokes = with_width(boxes(), 3, 0, np.random.default_rng(0))
    label = regions_of(ink(strokes, False))
    sites = find_sites(strokes, label, 8, 20, np.random.default_rng(2))
    assert len(sites) == 8 and len({s.regions for s in sites}) == 3  # two walls out, one between
    for site in sites:
        opened = components(ink(cut(strokes, site, 4, False), False) > 0.5, connectivity=1)
        joined = {
            tuple(np.unique(label[(opened == k) & (label > 0)])) for k in range(1, opened.max() + 1)
        }
        assert joined == {site.regions, *((k,) for k in {1, 2, 3} - set(site.regions))}


def test_gaps_keep_apart_and_off_junctions_and_loose_strokes():
    relative = boxes()
    relative[128, 30:80] = 1  # a stroke that ends inside a box parts nothing
    strokes = with_width(relative, 3, 0, np.random.default_rng(0))
    label = regions_of(ink(strokes, False))
    sites = find_sites(strokes, label, 99, 20, np.random.default_rng(2))
    at = np.array([s.at for s in sites])
    between = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + 1e3 * np.eye(len(at))
    assert between.min() >= 20 + 3 + 8
    corners = np.array([(40, 128), (216, 128), (128, 30)])
    assert np.hypot(*(at[:, None] - corners).transpose(2, 0, 1)).min() > 10
    assert not any(y == 128 and 40 < x < 120 for y, x in at)


def test_a_page_without_lines_has_no_place_for_gaps():
    blank = ink_strokes(
        np.zeros((64, 64), np.float32), replace(PLAIN, gap=8, gaps=5), np.random.default_rng(0)
    )
    assert blank.n_gaps == 0 and (blank.line == 1).all() and (blank.label == 1).all()


@pytest.mark.parametrize("width", [1, 2, 3, 8])
@pytest.mark.parametrize("taper", [False, True])
def test_aliased_gaps_are_whole_pixels(width, taper):
    style = replace(PLAIN, width=width, jitter=0, antialias=False, gap=8, gaps=1, taper=taper)
    relative = straight(1.0)
    closed = ink_strokes(relative, replace(style, gap=0), np.random.default_rng(1))
    inked = ink_strokes(relative, style, np.random.default_rng(1))
    opened = inked.line > closed.line
    assert inked.n_gaps == 1 and opened.any(axis=0).sum() >= 8
    # the columns where no ink is left at all
    assert (inked.line == 1).all(axis=0).sum() == 8
    assert np.count_nonzero(closed.line[:, 0] == 0) == width
