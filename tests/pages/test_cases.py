"""Pages on which tools of this kind failed: one test each, on the pictures in cases/.

Cases of layers in PSD files are in tests/images/test_layered.py, that of a palette with transparent
entries in tests/palette/test_files.py.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from colorrl import Colorizer
from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.images.clean import line_art
from colorrl.images.folder import read_drawing
from colorrl.pages.constraints.given import Control, given
from colorrl.pages.vote import AGREE
from colorrl.regions.openings import openings
from colorrl.regions.segment import part
from tests.coloring import on_paper, run

CASES = Path(__file__).parent / "cases"


def read(name):
    """What is read off the case ``name``, its regions, and the kinds of its notes."""
    art = line_art(read_drawing(CASES / name))
    return art, part(art.ink), [note.kind for note in art.notes]


def test_pencil_on_cream_paper_in_uneven_light():
    """20 areas were drawn. Seen to fail with WHITE_PAPER = 0: 400 regions and more."""
    _, regions, notes = read("pencil.jpg")
    assert regions.n_regions <= 1.6 * 20 and notes == ["paper"]


def test_dense_dot_tone():
    """Seen to fail without `texture`: 1,200 regions."""
    art, regions, notes = read("screentone.png")
    assert regions.n_regions <= 10 and notes == ["tone"] and art.tone.mean() > 0.1


def test_white_lines_on_black_are_the_drawing_in_ink():
    """Seen to fail without `positive`: six regions."""
    drawing = read_drawing(CASES / "girl.png")
    art = line_art(255 - drawing)
    assert [note.kind for note in art.notes] == ["negative"]
    _, regions, _ = read("girl.png")
    found = part(art.ink)
    assert found.n_regions == regions.n_regions
    assert (found.region_index == regions.region_index).float().mean() > 0.99


def test_strands_that_end_in_the_fringe_do_not_part_it():
    """Seen to fail with strand=inf in `part`: the fringe is three regions."""
    _, regions, notes = read("girl.png")
    fringe = [(292, 395), (395, 307), (643, 336), (482, 292)]
    assert len({int(regions.region_index[y, x]) for x, y in fringe}) == 1 and not notes
    assert regions.region_index[500, 480] != regions.region_index[395, 292]  # the face


def test_a_hint_on_the_hair_changes_nothing_else(tmp_path):
    """On a page that is coloured already. Seen to fail with recolor_rest=True."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "girl.png").write_bytes((CASES / "girl.png").read_bytes())
    kinds = ["flats", "regions"]
    run(folder, tmp_path / "out", kinds=kinds)
    before = on_paper(tmp_path / "out" / "girl.flats.png")
    (folder / "girl.hints.png").write_bytes((CASES / "girl.hints.png").read_bytes())
    run(folder, tmp_path / "out", kinds=kinds, overwrite=True)
    after = on_paper(tmp_path / "out" / "girl.flats.png")
    rows = json.loads((tmp_path / "out" / "girl.regions.json").read_text())["regions"]
    hinted = [int(region) for region, row in rows.items() if row["by"] == "hint"]
    region_index = read("girl.png")[1].region_index.numpy()
    changed = (before != after).any(2)
    assert hinted and changed.any() and np.isin(region_index[changed], hinted).all()


def test_gaps_too_wide_to_close_have_their_places():
    """Strands leave the outline of the hair, left and right. Seen to fail with LARGE = 1."""
    art, regions, _ = read("hair_gaps.png")
    found = list(openings(art.ink < 0.5, regions))
    assert len(found) == 2 and all(gap.share > 0.03 for gap in found)
    left, right = sorted(found, key=lambda gap: gap.x)
    assert abs(left.x - 215) < 30 and abs(right.x - 785) < 30
    assert all(400 < gap.y < 620 for gap in found)


def test_paper_around_a_panel_from_edge_to_edge_is_paper():
    """Seen to fail with STRIP = 9: paper below the panel is painted."""
    art, regions, _ = read("strip.png")
    bare = given(art.line, regions, Control(), None).bare[regions.region_index.numpy()]
    corners = [(10, 10), (790, 10), (10, 1090), (790, 1090), (10, 1850), (790, 1850), (10, 2990)]
    assert all(bare[y, x] for x, y in corners)
    assert not bare[1150, 10] and not bare[1350, 790]  # sky and ground of the panel


@pytest.mark.slow
def test_one_character_in_four_panels_keeps_its_colors():
    """Each area of the largest panel has one colour (CIEDE2000 5) for .9 of its area in all panels.
    Other colours in each panel were what it did before figures were matched.
    """
    parts = {
        "fringe": [(294, 222), (608, 260), (233, 786), (540, 765)],
        "face": [(212, 368), (665, 341), (155, 877), (612, 895)],
        "hair": [(161, 416), (698, 366), (112, 904), (492, 937)],
        "hair on the other side": [(348, 416), (589, 378), (241, 930), (657, 937)],
        "parting": [(247, 208), (635, 249), (203, 769), (581, 751)],
        "neck": [(255, 445), (646, 388), (172, 936), (574, 962)],
        "collar": [(203, 467), (676, 398), (136, 943), (619, 981)],
        "collar on the other side": [(306, 467), (619, 403), (205, 959), (529, 982)],
        "shirt": [(157, 498), (592, 436), (94, 971), (488, 1025)],
    }
    page = Colorizer.from_pretrained("tiny", "cpu")(CASES / "four_panels.png").page
    area = np.bincount(page.region_index.ravel())
    lab = srgb_to_lab(torch.from_numpy(page.colors / np.float32(255)), -1)
    for name, points in parts.items():
        found = sorted({int(page.region_index[y, x]) for x, y in points})
        largest = max(found, key=lambda region: area[region])
        same = delta_e_2000(lab[largest], lab[found]).numpy() <= AGREE
        assert area[found][same].sum() >= 0.9 * area[found].sum(), name


PEAK = """
import resource, sys
import torch
torch.set_num_threads(1)
from colorrl import Colorizer
colorizer = Colorizer.from_pretrained("tiny", "cpu")
colorizer(sys.argv[1]).save(sys.argv[2], ["flats", "composite"])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.slow
def test_a_tall_strip_takes_the_memory_of_its_pixels(tmp_path):
    """100 x 30,000 px, against 40 bytes a pixel, .35 GB for matching, and .95 GB for the process.
    Seen to fail (4.3 GB) with the strip's square made whole.
    """
    made = subprocess.run(
        [sys.executable, "-c", PEAK, str(CASES / "tall.png"), str(tmp_path / "tall")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert int(made.stdout.split()[-1]) < 0.95e9 + 0.35e9 + 40 * 100 * 30_000
