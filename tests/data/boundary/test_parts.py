import cv2
import numpy as np

from colorrl.data.boundary.parts import find_parts

RED, BLUE, WHITE, BLACK = (210, 50, 40), (30, 80, 160), (255, 255, 255), (20, 20, 20)
DARK_RED = (190, 40, 35)  # within dE00 9 of RED


def page(*shapes, size=256):
    """RGBA with ``shapes`` (colour, then left, top, right, bottom as shares of the page)."""
    picture = np.zeros((size, size, 4), np.uint8)
    for color, *box in shapes:
        left, top, right, bottom = (round(size * share) for share in box)
        picture[top:bottom, left:right] = (*color, 255)
    return picture


def colors(parts):
    return sorted(tuple(c[:3]) for c in parts.color[1:].tolist() if c[3])


def test_parts_are_areas_of_one_color():
    """The page is one too. Seen to fail with areas that only colour keeps apart."""
    parts = find_parts(page((RED, 0.1, 0.1, 0.4, 0.4), (BLUE, 0.4, 0.1, 0.7, 0.4),
                            (RED, 0.6, 0.6, 0.9, 0.9)))  # fmt: skip
    assert colors(parts) == sorted([RED, BLUE, RED])
    assert parts.label.min() == 1 and len(parts.color) == 5
    assert not parts.solid.any() and not parts.thin.any()


def test_neighbors_of_near_colors_are_one_part():
    """Seen to fail with NEAR = 0."""
    parts = find_parts(page((RED, 0.1, 0.1, 0.6, 0.9), (DARK_RED, 0.6, 0.1, 0.9, 0.9)))
    assert colors(parts) == [RED]


def test_a_chain_of_shades_does_not_join_its_ends():
    """Seen to fail with every pair of near neighbours joined."""
    shades = [(60 + 16 * k,) * 3 for k in range(8)]
    stripes = [(c, 0.1 + 0.1 * k, 0.1, 0.2 + 0.1 * k, 0.9) for k, c in enumerate(shades)]
    assert 2 < len(colors(find_parts(page(*stripes)))) < 8


def test_few_light_spots_are_highlights_and_many_are_a_pattern():
    """Seen to fail without counting the spots."""
    ground = (RED, 0.1, 0.1, 0.9, 0.9)
    spots = [(WHITE, 0.15 + 0.12 * k, 0.2, 0.2 + 0.12 * k, 0.26) for k in range(5)]
    assert colors(find_parts(page(ground, *spots[:2]))) == [RED]
    assert len(colors(find_parts(page(ground, *spots)))) == 6


def test_a_light_part_that_touches_two_is_no_highlight():
    """The white of an eye has a pupil. Seen to fail without counting neighbours."""
    eye = [(WHITE, 0.2, 0.2, 0.3, 0.3), (BLUE, 0.23, 0.23, 0.27, 0.27)]
    assert WHITE in colors(find_parts(page((RED, 0.1, 0.1, 0.9, 0.9), *eye)))


def test_a_rim_may_be_much_darker():
    """Seen to fail with RIM = 0, which draws a second outline."""
    face = (240, 190, 60)
    rim, body = ((205, 150, 40), 0.1, 0.1, 0.9, 0.9), (face, 0.1, 0.1, 0.87, 0.9)
    assert colors(find_parts(page(rim, body))) == [face]


def test_white_on_the_page_is_a_part():
    """Beside the page. Seen to fail with the page taken for white."""
    parts = find_parts(page((WHITE, 0.2, 0.2, 0.8, 0.8)))
    assert colors(parts) == [WHITE] and len(parts.color) == 3  # of id 0, the page, the square


def test_small_dark_shapes_are_ink_and_large_ones_are_not():
    """Seen to fail with SMALL = 1 and with SMALL = 0."""
    parts = find_parts(page((RED, 0.1, 0.1, 0.9, 0.9), (BLACK, 0.3, 0.3, 0.38, 0.4)))
    assert colors(parts) == [RED] and 0.005 < parts.solid.mean() < 0.01
    parts = find_parts(page((RED, 0.1, 0.1, 0.9, 0.9), (BLACK, 0.3, 0.3, 0.7, 0.7)))
    assert colors(parts) == sorted([RED, BLACK]) and not parts.solid.any()


def test_thin_colored_shapes_are_drawn_as_strokes():
    """Seen to fail with THIN = 0."""
    picture = page((RED, 0.1, 0.1, 0.9, 0.9))
    cv2.line(picture, (60, 100), (190, 110), (*BLUE, 255), 2)
    parts = find_parts(picture)
    assert colors(parts) == [RED] and parts.thin[104:106, 120].any()


def test_specks_belong_to_their_neighbors():
    """They are no strokes either. Seen to fail with SPECK = 0."""
    picture = page((RED, 0.1, 0.1, 0.9, 0.9))
    picture[100, 100] = (*BLUE, 255)
    parts = find_parts(picture)
    assert colors(parts) == [RED] and not parts.thin.any()
