import numpy as np
import pytest
from PIL import Image

from colorrl.export.png import composite, flats, to_bytes, write_png

COLOURS = np.array([[255, 255, 255], [10, 20, 30], [200, 100, 0]], np.uint8)


def test_flats_and_composite():
    owner = np.array([[1, 1, 2], [2, 2, 2]], np.int32)
    flat = flats(owner, COLOURS)
    assert flat[0, 0].tolist() == [10, 20, 30] and flat[1, 2].tolist() == [200, 100, 0]
    line = np.array([[1, 0, 0.5], [1, 1, 1]], np.float32)
    over = composite(flat, line)
    assert over[0].tolist() == [[10, 20, 30], [0, 0, 0], [100, 50, 0]]
    assert (over[1] == flat[1]).all()


def test_bytes_are_rounded_and_clipped():
    assert to_bytes(np.array([-0.1, 0.4999, 1.2], np.float32)).tolist() == [0, 127, 255]


def test_files_are_complete_or_absent(tmp_path, monkeypatch):
    path = tmp_path / "깊은 곳" / "a.png"
    pixels = np.zeros((4, 5, 3), np.uint8)
    write_png(path, pixels)
    with Image.open(path) as image:
        assert image.mode == "RGB" and image.size == (5, 4)
    before = path.read_bytes()

    def full_disk(self, file, **options):
        file.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(Image.Image, "save", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_png(path, pixels + 1)
    assert path.read_bytes() == before and len(list(path.parent.iterdir())) == 1
