import numpy as np
import pytest

from colorrl.regions.ink import ink_mask, line_width, otsu_threshold
from tests.regions.drawings import draw


@pytest.mark.parametrize("width", [3, 5, 9])
@pytest.mark.parametrize("name", ["circle in a square", "nested"])
def test_line_width_is_measured(name, width):
    # straight strokes read up to 4 / pi too wide, and antialiasing adds half a pixel
    assert line_width(ink_mask(draw(name, 512, width))) == pytest.approx(width, rel=0.4)


def test_line_width_without_ink():
    assert line_width(np.zeros((5, 5), bool)) == line_width(np.ones((5, 5), bool)) == 1


def test_solid_black_is_no_wide_line():
    ink = np.ones((160, 320), bool)
    ink[80, 80] = False  # area over outline would say 20,000 px
    assert line_width(ink) == 10


def test_noise_on_a_white_page_is_not_ink():
    noise = np.random.default_rng(0).uniform(0.95, 1, (64, 64)).astype(np.float32)
    assert not ink_mask(noise).any()
    assert ink_mask(noise, threshold=0.97).any()


def shaded(line):
    """Seen under a lamp at the upper left: the far corner is half as bright."""
    lamp = np.linspace(1, 0.5, line.shape[1], dtype=np.float32)
    return line * lamp * lamp[: len(line), None]


def test_uneven_light_is_taken_out():
    line = draw("face", 256, 3)
    seen = shaded(line)
    one_threshold = seen < otsu_threshold(seen)
    assert (one_threshold != ink_mask(line)).mean() > 0.1  # the far corner would be black
    assert (ink_mask(seen) != ink_mask(line)).mean() < 0.005  # at the edges of strokes


def test_solid_black_stays_solid_under_a_lamp():
    line = draw("face", 256, 3)
    line[120:200, 40:160] = 0
    assert (ink_mask(shaded(line)) != ink_mask(line)).mean() < 0.005
