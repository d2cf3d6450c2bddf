import io
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from colorrl.export.composite import composite
from colorrl.export.ora import write_ora
from colorrl.export.painted import flats, rgba
from colorrl.images.folder import read_drawing
from tests.export.pages import LAYERS, painted


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_an_ora_reopens_exactly(tmp_path, channels):
    page = painted(tmp_path, channels)
    write_ora(tmp_path / "a.ora", page)
    with zipfile.ZipFile(tmp_path / "a.ora") as archive:
        assert archive.infolist()[0].filename == "mimetype"
        assert archive.read("mimetype") == b"image/openraster"
        root = ElementTree.fromstring(archive.read("stack.xml"))
        pictures = {
            name: np.asarray(Image.open(io.BytesIO(archive.read(name))))
            for name in archive.namelist()
            if name.endswith(".png")
        }
    line, group, paper = root[0]
    assert (line.get("name"), line.get("composite-op")) == (LAYERS.line, "svg:multiply")
    assert np.array_equal(pictures[line.get("src")], rgba(page.line))
    assert (group.get("name"), paper.get("name")) == (LAYERS.flats, LAYERS.paper)
    assert [layer.get("name") for layer in group] == ["피부", "髪・かみ", "#00c850"]
    whole = np.zeros((24, 40, 4), np.uint8)
    for layer in group:
        pixels, x, y = pictures[layer.get("src")], int(layer.get("x")), int(layer.get("y"))
        seen = pixels[..., 3] > 0
        whole[y : y + len(pixels), x : x + pixels.shape[1]][seen] = pixels[seen]
    flat = flats(page)
    assert np.array_equal(whole, np.where(flat[..., 3:] > 0, flat, 0))
    assert np.array_equal(pictures["mergedimage.png"], composite(page))
    assert max(pictures["Thumbnails/thumbnail.png"].shape[:2]) <= 256


def test_the_same_page_gives_the_same_bytes(tmp_path):
    page = painted(tmp_path)
    write_ora(tmp_path / "a.ora", page)
    write_ora(tmp_path / "b.ora", page)
    assert (tmp_path / "a.ora").read_bytes() == (tmp_path / "b.ora").read_bytes()


def test_the_line_layer_comes_back_as_line_art(tmp_path):
    page = painted(tmp_path, 4)
    write_ora(tmp_path / "a.ora", page)
    assert np.array_equal(read_drawing(tmp_path / "a.ora", "線画"), page.line)
    assert np.array_equal(read_drawing(tmp_path / "a.ora"), composite(page))
