"""What is said of a page after it is done."""

from dataclasses import replace

import numpy as np

from colorrl.pages.judging import judged
from colorrl.regions.segment import part
from tests.export.pages import painted
from tests.regions.drawings import draw


def judge(tmp_path, line, **changes):
    regions = part(line)
    n = regions.n_regions + 1
    page = painted(
        tmp_path,
        region_index=regions.region_index.numpy(),
        colors=np.full((n, 3), 99, np.uint8),
        bare=np.arange(n) == 0,
        confidence=np.ones(n, np.float32),
        by=("paper", *["generator"] * (n - 1)),
    )
    return [note.kind for note in judged(replace(page, **changes), regions, line < 0.5)]


def test_a_good_page_has_no_note(tmp_path):
    assert judge(tmp_path, draw("face")) == []


def test_crumbs_are_texture(tmp_path):
    """Seen to fail with MANY = 1000."""
    line = np.ones((400, 400), np.float32)
    line[::12] = line[1::12] = line[:, ::12] = line[:, 1::12] = 0
    assert "texture" in judge(tmp_path, line)


def test_a_quarter_of_the_page_undecided(tmp_path):
    """Seen to fail with MUCH = 2."""
    n = part(draw("face")).n_regions + 1
    assert judge(tmp_path, draw("face"), confidence=np.full(n, 0.3, np.float32)) == ["undecided"]
    assert judge(tmp_path, draw("face"), confidence=np.full(n, np.nan, np.float32)) == []


def test_painted_paper_at_a_corner(tmp_path):
    """Seen to fail with RIM = 2."""
    line = draw("face", 400)
    line[:, 20:23] = 0  # a pole from edge to edge
    assert judge(tmp_path, line) == ["painted paper"]
