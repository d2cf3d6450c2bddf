"""Areas that lie open to the paper, and strokes that end within an area."""

import cv2
import numpy as np

from colorrl.regions.openings import openings
from colorrl.regions.segment import part, segment
from tests.regions.drawings import draw


def with_strands(n=2, short=0.1):
    """A face with strokes from its outline into it, each ending ``short`` of the page from it."""
    line = np.rint(draw("circle in a square", 400) * 255).astype(np.uint8)
    for i in range(n):
        x = 200 + 60 * (i - (n - 1) / 2)
        cv2.line(line, (int(x), 360), (int(x), 40 + int(400 * short)), 0, 3)
    return line.astype(np.float32) / 255


def test_a_strand_that_ends_within_an_area_parts_nothing():
    """Seen to fail with strand = inf in `part`: the ball of 8 px does not fit beside its end."""
    line = np.rint(draw("circle in a square", 512, 2) * 255).astype(np.uint8)
    cv2.line(line, (256, 300), (256, 168), 0, 2)  # ends 25 px from the circle's upper side
    line = line.astype(np.float32) / 255
    assert part(line).n_regions == part(draw("circle in a square", 512, 2)).n_regions


def test_a_broken_outline_is_closed_as_before():
    line = draw("face", 512, 3, gap=12)
    assert part(line).n_regions == segment(line).n_regions == segment(draw("face", 512)).n_regions


def test_a_gap_too_wide_is_found_with_its_place():
    """Seen to fail with BALLS = (0.002,)."""
    line = draw("star", 512)
    line[230:282, 380:] = 1  # the outline's right tip
    regions = part(line)
    (gap,) = openings(line < 0.5, regions)
    assert 330 < gap.x < 500 and 180 < gap.y < 330 and gap.share > 0.2


def test_a_closed_drawing_has_no_opening():
    for name in ("face", "star", "nested"):
        line = draw(name, 512)
        assert not list(openings(line < 0.5, part(line)))


def test_gap_closes_more_and_none():
    line = draw("face", 512, 3, gap=60)
    n = segment(draw("face", 512)).n_regions
    assert part(line, 0).n_regions < n
    assert part(line, 80).n_regions > part(line).n_regions or part(line).n_regions == n


def test_hatching_parts_nothing():
    """Strokes side by side that leave a line and end within the area. Seen to fail with
    PARALLEL = 99: the gaps between their ends and the far line are closed."""
    line = np.ones((120, 120), np.float32)
    line[20:23, 10:110] = line[97:100, 10:110] = line[20:100, 10:13] = line[20:100, 107:110] = 0
    for x in range(20, 100, 9):
        line[20 : 88 + x % 5, x : x + 2] = 0
    assert part(line).n_regions == 2
