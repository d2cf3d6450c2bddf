import numpy as np
import pytest

from colorrl.regions.closing import reach_ahead
from colorrl.regions.ends import Ends, stroke_ends
from colorrl.regions.facing import join_facing
from colorrl.regions.segment import segment

UP, DOWN, LEFT, RIGHT = (-1, 0), (1, 0), (0, -1), (0, 1)


def ends(*placed):
    """Ends from (row, column, direction)."""
    at, towards = zip(*(((y, x), d) for y, x, d in placed), strict=True)
    return Ends(np.array(at, np.float32), np.array(towards, np.float32))


def facing(*placed, longest=30.0, ink=None):
    page = np.zeros((100, 100), bool) if ink is None else ink
    return join_facing(ends(*placed), page, longest)


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
    closures = reach_ahead(ends((50, 48, RIGHT)), ink, 15)
    assert closures.length == pytest.approx([12], abs=0.5)
    assert closures.way[0, -1] == pytest.approx((50, 60), abs=0.5)
    assert len(reach_ahead(ends((50, 40, RIGHT)), ink, 15)) == 0
    assert len(reach_ahead(ends((50, 48, LEFT)), ink, 15)) == 0


def test_the_edge_of_the_page_is_no_line():
    assert len(reach_ahead(ends((50, 95, RIGHT)), np.zeros((100, 100), bool), 15)) == 0


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
        closures, _ = join_facing(stroke_ends(ink, 3), ink, 12)
        assert len(closures) == 1
        line = np.where(ink | (closures.drawn(ink.shape) > 0), 0, 1).astype(np.float32)
        assert segment(line, ball=0).n_regions == 2
