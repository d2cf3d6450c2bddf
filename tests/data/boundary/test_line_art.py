import numpy as np

from colorrl.data.boundary.line_art import draw
from colorrl.data.boundary.plain_svg import document
from colorrl.data.procedural.strokes import regions_of

BOX = (0, 0, 64, 64)
ROOMS = '<path fill="#d22f27" d="M4 8h28v48H4z"/><path fill="#fcea2b" d="M32 8h28v48H32z"/>'


def drawn(body, size=256, shaded=None):
    return draw(document(body, BOX), size, np.random.default_rng(0), shaded)


def test_lines_close_every_part():
    """Seen to fail with boundaries looked for along rows alone."""
    found = drawn(ROOMS)
    assert regions_of(found.line / np.float32(255)).max() == 3  # two rooms and the page
    assert set(found.paints) == {(0xD2, 0x2F, 0x27), (0xFC, 0xEA, 0x2B)}


def test_outer_lines_are_heavier():
    """Seen to fail with INNER = 1."""
    line = drawn(ROOMS).line < 128
    inner, left = line[100:160, 108:148].sum(1).mean(), line[100:160, 10:50].sum(1).mean()
    assert 0 < inner < 0.9 * left


def test_colors_meet_under_the_lines():
    """The warp moves line and colours together. Seen to fail with the line warped alone."""
    found = drawn(ROOMS)
    beside = np.abs(np.diff(found.fill.astype(int).sum(-1), axis=1)) > 0
    assert beside.any() and (found.line[:, :-1][beside] < 128).all()


def test_a_hand_is_not_a_ruler():
    """Seen to fail with WARP = 0."""
    line = drawn(ROOMS, 512).line < 128
    centers = [np.flatnonzero(row[220:292]).mean() for row in line[100:400]]
    assert 0.5 < np.std(centers) < 8


def test_a_picture_of_glass_is_left_out():
    """Seen to fail without comparing what is painted."""
    glass = '<rect x="4" y="4" width="50" height="50" fill="#9cf" opacity=".6"/>'
    assert drawn(glass + '<rect x="10" y="50" width="9" height="9" fill="#f00"/>') == (
        "translucent paint"
    )


def test_a_picture_of_ink_alone_is_left_out():
    """Seen to fail without the check, with flats of nothing."""
    assert drawn('<rect x="30" y="20" width="5" height="9" fill="#111"/>') == "nothing but ink"


def test_a_shaded_edition_of_another_shape_is_not_taken():
    """Seen to fail without comparing outlines."""
    other = document('<circle cx="32" cy="32" r="9" fill="#00f"/>', BOX)
    assert (drawn(ROOMS, shaded=other).shaded == drawn(ROOMS).shaded).all()
    same = document(ROOMS.replace("#d22f27", "#400"), BOX)
    assert (drawn(ROOMS, shaded=same).shaded != drawn(ROOMS).shaded).any()
