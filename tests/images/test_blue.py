"""Blue pencil is left out of the line where that is asked for."""

import cv2
import numpy as np
import pytest

from colorrl.images.clean import line_art
from colorrl.regions.segment import part
from tests.regions.drawings import draw

NON_PHOTO, INDIGO = (164, 221, 237), (110, 130, 225)


def sketched(pencil, ink=0.0):
    """A face (96 px, ink on white) over construction lines of ``pencil`` across it, and its line
    without them."""
    line = draw("face", 96, 3)
    under = np.full((96, 96, 3), 255, np.uint8)
    for at in (20, 48, 76):
        cv2.line(under, (at, 0), (95 - at, 95), pencil, 3, cv2.LINE_AA)
        cv2.line(under, (0, at), (95, at), pencil, 2, cv2.LINE_AA)
    shade = ink + (1 - ink) * line[..., None]
    return np.rint(under * shade).astype(np.uint8), line


@pytest.mark.parametrize("pencil", [NON_PHOTO, INDIGO])
def test_regions_are_those_of_the_ink_alone(pencil):
    """Seen to fail with line_art(picture): the construction lines part areas."""
    picture, line = sketched(pencil)
    art = line_art(picture, drop_blue=True)
    clean = part(line)
    found = part(art.ink)
    assert found.n_regions == clean.n_regions
    assert (found.region_index == clean.region_index).float().mean() > 0.97
    # non-photo blue is fainter than the threshold of the ink; darker pencil is not
    kept = part(line_art(picture).ink).n_regions
    assert kept > clean.n_regions or pencil == NON_PHOTO
    assert [note.kind for note in art.notes] == ["blue"] and np.array_equal(art.original, picture)


def test_ink_over_blue_stays():
    """Seen to fail with all blue pixels made white: lines get holes where pencil crosses them."""
    picture, line = sketched(NON_PHOTO)
    shown = line_art(picture, drop_blue=True).shown[..., 0]
    assert shown[line < 0.1].max() < 80 and shown[line == 1].min() > 200


def test_a_drawing_without_blue_stays_as_it_is():
    """Navy ink is no pencil. Seen to fail with MOST = 1."""
    navy = (20, 20, 80)
    line = draw("face", 96, 3)[..., None]
    drawn = np.rint(255 * line + np.array(navy) * (1 - line)).astype(np.uint8)
    for picture in (drawn, drawn[..., :1], np.rint(255 * line.repeat(3, 2)).astype(np.uint8)):
        art = line_art(picture, drop_blue=True)
        assert art.shown is picture and art.original is None and not art.notes
