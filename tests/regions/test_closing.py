import cv2
import numpy as np
import pytest

from colorrl.regions.closing import cost_ahead, own_strokes, reach_ahead
from colorrl.regions.ends import Ends, stroke_ends
from colorrl.regions.facing import join_facing
from colorrl.regions.gaps import seams_that_fall
from colorrl.regions.segment import segment

UP, DOWN, LEFT, RIGHT = (-1, 0), (1, 0), (0, -1), (0, 1)


def ends(*placed):
    """Ends from (row, column, direction)."""
    at, towards = zip(*(((y, x), d) for y, x, d in placed), strict=True)
    return Ends(np.array(at, np.float32), np.array(towards, np.float32))


def facing(*placed, longest=30.0, ink=None, otherwise=np.inf):
    page = np.zeros((100, 100), bool) if ink is None else ink
    return join_facing(ends(*placed), page, longest, np.full(len(placed), otherwise, np.float32))


def ahead(there, ink, longest):
    return reach_ahead(there, ink, own_strokes(there, ink, 3), longest)


def test_ends_that_face_each_other_are_joined():
    closures, used = facing((50, 20, RIGHT), (50, 40, LEFT))
    assert used.all() and closures.length == pytest.approx([20])
    assert closures.way[0, 0] == pytest.approx((50, 20))
    assert closures.way[0, -1] == pytest.approx((50, 40))


@pytest.mark.parametrize(
    "placed",
    [
        ((50, 20, LEFT), (50, 40, RIGHT)),  # back to back
        ((50, 20, UP), (50, 30, UP)),  # hatching: side by side
        ((50, 20, RIGHT), (50, 60, LEFT)),  # farther than the longest
    ],
)
def test_others_are_not(placed):
    closures, used = facing(*placed)
    assert len(closures) == 0 and not used.any()


def test_an_end_takes_the_partner_straight_ahead():
    # a little nearer, but round a corner
    _, used = facing((50, 20, RIGHT), (50, 40, LEFT), (58, 34, UP))
    assert used.tolist() == [True, True, False]


def test_an_end_takes_no_partner_that_costs_more_than_the_line_ahead():
    # 20 px, and half as much again for a quarter turn of one of the two
    placed = ((50, 20, RIGHT), (50, 40, DOWN))
    assert facing(*placed, otherwise=45)[1].all()
    assert not facing(*placed, otherwise=15)[1].any()


def test_no_closure_crosses_a_line():
    ink = np.zeros((100, 100), bool)
    ink[:, 30] = True
    assert len(facing((50, 20, RIGHT), (50, 40, LEFT), ink=ink)[0]) == 0


def test_a_curve_is_closed_by_a_curve():
    """A circle's gap of a sixth: the closure keeps within a pixel of the circle, the chord not."""
    turn = np.radians(30)
    radius, middle = 20.0, 50.0
    y, x = radius * np.sin(turn), radius * np.cos(turn)
    tangent = (-np.cos(turn), np.sin(turn))  # at the lower end, clockwise and upwards
    closures, _ = facing(
        (middle + y, middle + x, tangent), (middle - y, middle + x, (-tangent[0], tangent[1]))
    )
    away = np.linalg.norm(closures.way[0] - middle, axis=1) - radius
    assert np.abs(away).max() < 1 < radius - x


def test_the_line_ahead_is_met_within_reach():
    ink = np.zeros((100, 100), bool)
    ink[:, 60] = True
    closures = ahead(ends((50, 48, RIGHT)), ink, 15)
    assert closures.length == pytest.approx([12], abs=0.5)
    assert closures.way[0, -1] == pytest.approx((50, 60), abs=0.5)
    assert len(ahead(ends((50, 40, RIGHT)), ink, 15)) == 0
    assert len(ahead(ends((50, 48, LEFT)), ink, 15)) == 0


@pytest.mark.parametrize("degrees", range(0, 180, 12))
def test_the_round_of_a_stroke_is_no_line_ahead_of_it(degrees):
    """The wheels of a fire engine: ends of round strokes reached for themselves, a pixel away."""
    towards = np.array([np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
    start, end = (100 + along * towards for along in (-60, 0))
    page = np.full((200, 200), 255, np.uint8)
    cv2.line(page, *(tuple(np.rint(at[::-1]).astype(int).tolist()) for at in (start, end)), 0, 17)
    y, x = np.mgrid[:200, :200] - 100
    ink = (page == 0) | (np.hypot(y - 45 * towards[0], x - 45 * towards[1]) < 25)
    there = stroke_ends(ink, 17)
    there = there.select(np.linalg.norm(there.at - 100, axis=1) < 15)
    closures = reach_ahead(there, ink, own_strokes(there, ink, 17), 30)
    assert closures.length == pytest.approx([11.5], abs=2)  # 45 - 25 - half of 17


def test_a_stroke_that_ends_ahead_does_not_pass():
    """Else an end would leave the end that it faces for the stroke of that one."""
    ink = np.zeros((100, 100), bool)
    ink[49:52, 10:49] = ink[49:52, 60:90] = True
    there = stroke_ends(ink, 3)
    assert np.isinf(cost_ahead(there, ink, own_strokes(there, ink, 3), 20)).all()
    ink[:, 60] = True
    there = stroke_ends(ink, 3)
    cost = cost_ahead(there, ink, own_strokes(there, ink, 3), 20)
    assert cost[there.at[:, 1] > 45].min() == pytest.approx(12, abs=1)


def test_the_edge_of_the_page_is_no_line():
    assert len(ahead(ends((50, 95, RIGHT)), np.zeros((100, 100), bool), 15)) == 0


def test_a_stroke_that_stops_short_of_the_edge_divides_nothing():
    line = np.ones((512, 512), np.float32)
    line[300:303, 7:505] = 0  # nor does a ball, which would fit outside
    assert segment(line).n_regions == 1


def ring(gap):
    """A ring of radius 80 and width 3 with a gap of ``gap`` px on its right."""
    y, x = np.mgrid[-100:100, -100:100] + 0.5
    away = np.abs(np.hypot(x, y) - 80) <= 1.5
    return np.where(away & ~((np.abs(y) <= gap / 2) & (x > 0)), 0, 1).astype(np.float32)


@pytest.mark.parametrize(("gap", "n"), [(4, 2), (8, 2), (11, 2), (80, 1)])
def test_a_gap_is_closed_but_not_an_opening(gap, n):
    assert segment(ring(gap)).n_regions == n


def test_hatching_divides_nothing():
    line = ring(0)
    for row in range(60, 140, 6):
        line[row : row + 2, 70:120] = 0
    assert segment(line).n_regions == 2


def test_a_closure_does_not_leak():
    """Slanted gaps at every angle: no 4-connected path slips through a closure."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        angle = rng.uniform(0, np.pi)
        y, x = np.mgrid[-60:60, -60:60] + 0.5
        off = np.abs(np.cos(angle) * y - np.sin(angle) * x) <= 1.2
        along = np.abs(np.sin(angle) * y + np.cos(angle) * x)
        ink = off & (along > 4)
        there = stroke_ends(ink, 3)
        closures, _ = join_facing(there, ink, 12, np.full(len(there), np.inf, np.float32))
        assert len(closures) == 1
        line = np.where(ink | (closures.drawn(ink.shape) > 0), 0, 1).astype(np.float32)
        assert segment(line, ball=0).n_regions == 2


def test_a_mark_in_a_room_does_not_open_the_room():
    """A castle's window parts its tower, each part too shallow for the gaps to the sky: the seam
    between the parts falls first, and the tower as a whole keeps its gaps shut."""
    sky, left, right = 1, 2, 3
    pair = np.array([(sky, left), (sky, right), (left, right)])
    depth = np.array([0, 50, 10, 12], np.float32)
    assert seams_that_fall(pair, np.array([11.3, 11.3, 12.5]), depth) == [2]
    assert sorted(seams_that_fall(pair, np.array([12.5, 11.3, 8]), depth)) == [0]
    assert seams_that_fall(pair, np.array([9.0, 9, 9]), depth) == []
