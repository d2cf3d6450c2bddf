"""Lines in the colours of their fills: the layer, the composite, and the files with both."""

from dataclasses import replace

import numpy as np
from PIL import Image
from psd_tools import PSDImage

from colorrl.export import regions
from colorrl.export.composite import composite
from colorrl.export.ora import write_ora
from colorrl.export.png import write_regions
from colorrl.export.psd import write_psd
from colorrl.export.trace import SHADE, traced
from colorrl.images.folder import read_drawing
from colorrl.regions.segment import part
from tests.export.pages import painted

RED = (200, 40, 60)


def boxed(tmp_path, **changes):
    """A red box with a line of 3 px on bare paper, 40 px, and a stroke away from it."""
    line = np.full((40, 40, 1), 255, np.uint8)
    line[8:32, 8:32] = 0
    line[11:29, 11:29] = 255
    line[2, 2:30] = 60
    found = part(line[..., 0].astype(np.float32) / 255)
    inside = int(found.region_index[20, 20])
    colors = np.full((found.n_regions + 1, 3), 255, np.uint8)
    colors[inside] = RED
    bare = np.ones(found.n_regions + 1, bool)
    bare[inside] = False
    page = painted(tmp_path, trace_lines=True)
    Image.fromarray(line[..., 0]).save(page.source.path)
    source = replace(page.source, sha=regions.file_sha(page.source.path))
    return replace(
        page,
        source=source,
        line=line,
        region_index=found.region_index.numpy(),
        colors=colors,
        bare=bare,
        confidence=np.ones(len(bare), np.float32),
        **changes,
    )


def test_the_whole_line_of_a_fill_takes_its_shade_and_other_strokes_stay(tmp_path):
    """Seen to fail with MORE = -9: the half of the line on the paper's side stays black."""
    page = boxed(tmp_path)
    over = traced(page)
    line = page.line[..., 0]
    shade = np.rint(np.array(RED) * SHADE)
    box = np.zeros_like(line, bool)
    box[8:32, 8:32] = line[8:32, 8:32] == 0
    assert (over[box][:, :3] == shade).all() and (over[box][:, 3] == 255).all()
    assert (over[2, 2:30, :3] == 0).all() and (over[2, 2:30, 3] == 195).all()
    assert (over[line == 255][:, 3] == 0).all()
    picture = composite(page)
    assert (picture[box] == shade).all() and (picture[20, 20] == RED).all()
    assert (picture[2, 2:30] == 60).all() and (picture[36, 36] == 255).all()


def test_layers_compose_to_the_picture(tmp_path):
    """Seen to fail with the line visible below its own colours."""
    tone = np.zeros((40, 40), bool)
    tone[15:18, 15:18] = True
    page = boxed(tmp_path, tone=tone)
    page.line[tone] = 100
    write_psd(tmp_path / "a.psd", page)
    psd = PSDImage.open(tmp_path / "a.psd")
    assert [layer.name for layer in psd] == ["용지", "밑색", "線画", "色トレス", "トーン"]
    assert [layer.visible for layer in psd] == [True, True, False, True, True]
    shown = np.asarray(psd.composite(ignore_preview=True).convert("RGB")).astype(int)
    assert abs(shown - composite(page)).max() <= 1
    write_ora(tmp_path / "a.ora", page)
    for file in ("a.psd", "a.ora"):  # hidden or not, the line is there as it was
        again = read_drawing(tmp_path / file, "線画")
        assert np.array_equal(again[..., 0], np.where(tone, 255, page.line[..., 0]))


def test_a_page_read_again_shows_its_lines_in_color(tmp_path):
    """Seen to fail without the key in regions.json."""
    page = boxed(tmp_path)
    write_regions(tmp_path / "a.regions.png", page)
    regions.write(tmp_path / "a.regions.json", page)
    again = regions.read(tmp_path / "a.regions.json")
    assert again.trace_lines and np.array_equal(composite(again), composite(page))
