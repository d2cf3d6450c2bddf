from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from colorrl.export.composite import composite
from colorrl.export.painted import flats
from colorrl.export.png import (
    MAX_INDEXED,
    read_regions,
    write_composite,
    write_flats,
    write_indexed,
    write_regions,
)
from tests.export.pages import HAIR, SKIN, UNUSED, painted


def test_pictures_read_back_exactly(tmp_path):
    page, path = painted(tmp_path), tmp_path / "a.part"
    for write, made in ((write_composite, composite), (write_flats, flats)):
        write(path, page)
        with Image.open(path) as image:
            assert np.array_equal(np.asarray(image), made(page))


def test_an_index_means_the_same_color_on_every_page(tmp_path):
    page, path = painted(tmp_path), tmp_path / "a.png"
    write_indexed(path, page)
    with Image.open(path) as image:
        assert image.mode == "P"
        index, table = np.asarray(image), np.reshape(image.getpalette(), (-1, 3)).tolist()
        assert np.array_equal(np.asarray(image.convert("RGBA")), flats(page))
    assert table[1:4] == [list(SKIN), list(UNUSED), list(HAIR)]
    assert index[0, 0] == 0 and index[5, 5] == 1 and index[5, 15] == 3


def test_more_colors_than_an_index_holds_are_refused(tmp_path):
    n = MAX_INDEXED + 1
    region_index = np.arange(n + 1, dtype=np.int32)[None].repeat(2, axis=0)
    colors = np.stack([np.arange(n + 1) % 256, np.arange(n + 1) // 256, np.zeros(n + 1)], 1)
    many = {"region_index": region_index, "colors": colors.astype(np.uint8), "palette": ()}
    page = painted(tmp_path, bare=np.arange(n + 1) == 0, **many)
    with pytest.raises(ValueError, match="255 colours, the page has 256"):
        write_indexed(tmp_path / "a.png", page)
    page.bare[-1] = True
    write_indexed(tmp_path / "a.png", page)
    with Image.open(tmp_path / "a.png") as image:
        assert np.array_equal(np.asarray(image.convert("RGBA")), flats(page))


def test_region_ids_come_back_above_16_bits(tmp_path):
    page = painted(tmp_path)
    ids = np.array([[0, 1, 255, 256, 65535, 65536, 70000]], np.int32)
    page = replace(page, region_index=ids, colors=np.zeros((70001, 3), np.uint8))
    write_regions(tmp_path / "a.png", page)
    assert np.array_equal(read_regions(tmp_path / "a.png"), ids)


def test_what_is_no_picture_of_ids_is_named(tmp_path):
    (tmp_path / "글.png").write_text("not a picture")
    with pytest.raises(ValueError, match=r"글\.png: not a picture of region ids"):
        read_regions(tmp_path / "글.png")
    Image.new("L", (3, 3)).save(tmp_path / "grey.png")
    with pytest.raises(ValueError, match="of mode L"):
        read_regions(tmp_path / "grey.png")
