from dataclasses import replace

import numpy as np
from PIL import Image

from colorrl.export import png, regions
from colorrl.export.composite import composite
from colorrl.export.matches import FADED, HINT, SURE, UNSURE, write_matches
from tests.export.pages import painted


def test_frames_show_who_decided_on_a_paler_page(tmp_path):
    shown = painted(tmp_path)
    by = ("paper", "paper", "sheet", "hint", "generator", "generator")
    page = replace(shown, by=by, match=shown.confidence)
    write_matches(tmp_path / "a.png", page)
    with Image.open(tmp_path / "a.png") as image:
        picture = np.asarray(image)
    for color, ids in {SURE: [2], HINT: [3], UNSURE: [4, 5]}.items():
        at = (picture == color).all(2)
        assert at.any() and set(np.unique(page.region_index[at])) <= set(ids)
    bare = np.isin(page.region_index, (0, 1))
    pale = 255 - FADED * (255 - composite(page).astype(float))
    assert np.abs(picture - pale)[bare].max() <= 0.5  # rounding


def test_without_a_sheet_hints_alone_are_framed(tmp_path):
    by = ("paper", "paper", "generator", "hint", "generator", "generator")
    page = replace(painted(tmp_path), by=by)
    write_matches(tmp_path / "a.png", page)
    with Image.open(tmp_path / "a.png") as image:
        picture = np.asarray(image)
    framed = (picture == HINT).all(2)
    assert framed.any() and set(np.unique(page.region_index[framed])) == {3}
    assert not any((picture == color).all(2).any() for color in (SURE, UNSURE))


def test_a_page_that_is_read_again_has_the_same_frames(tmp_path):
    """Seen to fail with a file whose ``match`` nobody read."""
    by = ("paper", "paper", "sheet", "hint", "generator", "generator")
    shown = painted(tmp_path)
    page = replace(shown, by=by, match=shown.confidence)
    png.write_regions(tmp_path / "쪽.regions.png", page)
    regions.write(tmp_path / "쪽.regions.json", page)
    write_matches(tmp_path / "a.png", page)
    write_matches(tmp_path / "b.png", regions.read(tmp_path / "쪽.regions.json"))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
