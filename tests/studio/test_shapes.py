"""Gaps in a line, by strokes: two rooms with a door between them."""

import numpy as np
import pytest

from tests.coloring import save
from tests.studio.conftest import Studio

PAGE, SIDE, WALL = "방.png", 120, 60


def rooms(folder, door):
    """A coloured page of two rooms in a frame; the wall between them is open for ``door`` px."""
    line = np.ones((SIDE, SIDE), np.float32)
    line[10:110, 10:110] = 0
    line[14:106, 14:106] = 1
    line[14:106, WALL - 2 : WALL + 2] = 0
    line[(SIDE - door) // 2 : (SIDE + door) // 2, WALL - 2 : WALL + 2] = 1
    save(folder / PAGE, line)
    studio = Studio(folder, PAGE)
    studio.work("color")
    studio.view()
    return studio


def sides(studio):
    """The areas of the two rooms."""
    ids = studio.ids()
    return ids[90, 30], ids[90, 90]


def test_a_stroke_over_a_gap_closes_it(tmp_path):
    """Of a door that is too wide for the software. Seen to fail with parts that hang together
    through the ink of the wall."""
    studio = rooms(tmp_path / "집", door=40)
    left, right = sides(studio)
    assert left == right
    before = studio.ids()
    studio.act("split", stroke=[[WALL, 36], [WALL, 84]])
    left, right = sides(studio)
    assert left != right and {int(left), int(right)} <= studio.rows().keys()
    studio.act("undo")
    assert (studio.ids() == before).all()


@pytest.mark.parametrize("how", ["stroke", "clicks"])
def test_a_gap_that_was_closed_wrongly_is_opened(tmp_path, how):
    """A small door, which the software took for a slip of the pen. Seen to fail with a stroke of
    which the first area alone counts."""
    studio = rooms(tmp_path / "집", door=5)
    left, right = map(int, sides(studio))
    assert left != right
    studio.act("color", regions=[right], colour="#ff0000")
    stroke = {"stroke": [[40, SIDE // 2], [80, SIDE // 2]]}
    studio.act("join", **(stroke if how == "stroke" else {"regions": [left, right]}))
    one, other = sides(studio)
    assert one == other and studio.rows()[int(one)]["colour"] != "#ff0000"
    studio.act("undo")
    assert tuple(map(int, sides(studio))) == (left, right)
