from dataclasses import replace

import numpy as np
import pytest
from psd_tools import PSDImage
from psd_tools.constants import BlendMode

from colorrl.export.composite import composite
from colorrl.export.painted import flats, rgba
from colorrl.export.psd import write_psd
from colorrl.images.folder import read_drawing
from tests.export.pages import LAYERS, painted


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_psd_reopens_exactly(tmp_path, channels):
    page = painted(tmp_path, channels)
    write_psd(tmp_path / "a.psd", page)
    psd = PSDImage.open(tmp_path / "a.psd")
    paper, group, line = psd
    assert (paper.name, group.name, line.name) == (LAYERS.paper, LAYERS.flats, LAYERS.line)
    assert line.blend_mode == BlendMode.MULTIPLY and np.array_equal(
        np.asarray(line.topil()), rgba(page.line)
    )
    assert [layer.name for layer in group] == ["#00c850", "髪・かみ", "피부"]
    whole = np.zeros((24, 40, 4), np.uint8)
    for layer in group:
        pixels = np.asarray(layer.topil())
        seen = pixels[..., 3] > 0
        whole[layer.top : layer.bottom, layer.left : layer.right][seen] = pixels[seen]
    flat = flats(page)
    assert np.array_equal(whole, np.where(flat[..., 3:] > 0, flat, 0))
    assert np.array_equal(np.asarray(psd.topil()), composite(page))
    rendered = np.asarray(psd.composite(ignore_preview=True).convert("RGB")).astype(int)
    assert abs(rendered - composite(page)).max() <= 1


def test_a_page_without_colors(tmp_path):
    page = painted(tmp_path)
    write_psd(tmp_path / "a.psd", replace(page, bare=np.ones(6, np.bool_)))
    assert len(PSDImage.open(tmp_path / "a.psd")[1]) == 0


def test_long_names_and_long_sides(tmp_path):
    page = painted(tmp_path)
    write_psd(tmp_path / "a.psd", replace(page, layers=replace(LAYERS, line="線" * 300)))
    assert PSDImage.open(tmp_path / "a.psd")[2].name == "線" * 255
    wide = np.ones((1, 30_001), np.int32)
    with pytest.raises(ValueError, match="30000 px, the page has 30001 x 1"):
        write_psd(tmp_path / "b.psd", replace(page, region_index=wide))


def test_the_line_layer_comes_back_as_line_art(tmp_path):
    page = painted(tmp_path, 4)
    write_psd(tmp_path / "a.psd", page)
    assert np.array_equal(read_drawing(tmp_path / "a.psd", "線画"), page.line)
    assert np.array_equal(read_drawing(tmp_path / "a.psd"), composite(page))


def test_a_hidden_layer_keeps_the_drawing_as_it_came(tmp_path):
    """Seen to fail with the layer left visible: the picture of all layers then is the negative."""
    page = painted(tmp_path, 1)
    page = replace(page, original=255 - page.line)
    write_psd(tmp_path / "a.psd", page)
    psd = PSDImage.open(tmp_path / "a.psd")
    original = psd[-1]
    assert (original.name, original.visible, psd[-2].name) == ("原画", False, LAYERS.line)
    assert np.array_equal(np.asarray(original.topil())[..., 0], 255 - page.line[..., 0])
    rendered = np.asarray(psd.composite(ignore_preview=True).convert("RGB")).astype(int)
    assert abs(rendered - composite(page)).max() <= 1


def test_tone_has_a_layer_of_its_own(tmp_path):
    """Seen to fail with the tone left in the line as well: it is multiplied twice."""
    for channels in (1, 4):
        page = painted(tmp_path, channels)
        tone = np.zeros(page.region_index.shape, bool)
        tone[5:15, 5:15] = True
        write_psd(tmp_path / "a.psd", replace(page, tone=tone))
        psd = PSDImage.open(tmp_path / "a.psd")
        assert [psd[-1].name, psd[-2].name] == ["トーン", LAYERS.line]
        rendered = np.asarray(psd.composite(ignore_preview=True).convert("RGB")).astype(int)
        assert abs(rendered - composite(page)).max() <= 1
