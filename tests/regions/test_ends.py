import cv2
import numpy as np
import pytest

from colorrl.regions.ends import stroke_ends
from colorrl.regions.ink import ink_mask
from tests.regions.drawings import draw


def stroke(width, rows=100, columns=100):
    ink = np.zeros((rows, columns), bool)
    ink[40 : 40 + width, 20:80] = True
    return ink


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8])
def test_a_stroke_ends_twice_and_points_outwards(width):
    ends = stroke_ends(stroke(width), width)
    assert len(ends) == 2
    left, right = np.argsort(ends.at[:, 1])
    middle = 40 + (width - 1) / 2
    assert ends.at[left] == pytest.approx((middle, 20), abs=1)
    assert ends.at[right] == pytest.approx((middle, 79), abs=1)
    # a tenth of a pixel's step aside for each along, at most
    assert ends.towards[left] == pytest.approx((0, -1), abs=0.15)
    assert ends.towards[right] == pytest.approx((0, 1), abs=0.15)


@pytest.mark.parametrize("leg", [12, 16, 24])
def test_a_hook_points_along_its_leg(leg):
    """A jeep's bumper: read from the stem as well, the end lay at the corner and pointed down."""
    page = np.full((120, 120), 255, np.uint8)
    cv2.polylines(page, [np.array([(40, 20), (40, 80), (40 + leg, 80)])], False, 0, 15)
    ends = stroke_ends(page == 0, 15)
    foot = np.argmax(ends.at[:, 0])
    assert ends.at[foot] == pytest.approx((80, 40 + leg + 7), abs=6)
    assert ends.towards[foot, 1] > 0.7


@pytest.mark.parametrize("width", [1, 3, 8])
def test_an_outline_does_not_end(width):
    assert len(stroke_ends(ink_mask(draw("circle in a square", 256, width)), width)) == 0


def test_a_crossing_is_no_end():
    ink = stroke(3)
    ink[10:90, 50:53] = True
    assert len(stroke_ends(ink, 3)) == 4


def test_strokes_that_leave_the_page_do_not_end():
    ink = np.zeros((60, 60), bool)
    ink[30:33] = True
    assert len(stroke_ends(ink, 3)) == 0


@pytest.mark.parametrize("ink", [np.zeros((9, 9), bool), np.ones((9, 9), bool), np.eye(1) > 0])
def test_without_strokes(ink):
    assert len(stroke_ends(ink, 1)) == 0
