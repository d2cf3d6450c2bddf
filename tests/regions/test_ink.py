import numpy as np
import pytest
from regions.drawings import draw

from colorrl.regions.ink import ink_mask, line_ends, line_width


@pytest.mark.parametrize("width", [3, 5, 9])
@pytest.mark.parametrize("name", ["circle in a square", "nested"])
def test_line_width_is_measured(name, width):
    # straight strokes read up to 4 / pi too wide, and antialiasing adds half a pixel
    assert line_width(ink_mask(draw(name, 512, width))) == pytest.approx(width, rel=0.4)


def test_line_width_without_ink():
    assert line_width(np.zeros((5, 5), bool)) == line_width(np.ones((5, 5), bool)) == 1


def test_noise_on_a_white_page_is_not_ink():
    noise = np.random.default_rng(0).uniform(0.95, 1, (64, 64)).astype(np.float32)
    assert not ink_mask(noise).any()
    assert ink_mask(noise, threshold=0.97).any()


@pytest.mark.parametrize("width", [1, 3, 8])
def test_a_stroke_has_two_ends_and_an_outline_none(width):
    ink = np.zeros((100, 100), bool)
    ink[40 : 40 + width, 20:80] = True
    ends, cut = line_ends(ink, width)
    columns = np.nonzero(ends)[1]
    assert len(columns) == 2
    assert columns.min() - 20 <= cut + width and 80 - columns.max() <= cut + width + 1
    assert not line_ends(ink_mask(draw("circle in a square", 256, width)), width)[0].any()


def test_strokes_that_leave_the_page_do_not_end():
    ink = np.zeros((60, 60), bool)
    ink[30:33] = True
    assert not line_ends(ink, 3)[0].any()
