import contextlib
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from colorrl.images.folder import find_images, read_line

H, W = 20, 30


def page():
    """Paper with a black bar at the left and a half-dark one at the top right."""
    line = np.full((H, W), 255, np.uint8)
    line[:, :5] = 0
    line[:4, 20:] = 128
    return line


def transparent(line):
    rgba = np.zeros((*line.shape, 4), np.uint8)
    rgba[..., 3] = 255 - line
    return Image.fromarray(rgba)


def transparent_index(line):
    """Indexed colours whose entry 0 is black, and see-through."""
    image = Image.fromarray((line < 255).astype(np.uint8), mode="P")
    image.putpalette([9, 9, 9, 0, 0, 0])
    image.info["transparency"] = 0
    return image


MODES = {
    "L": lambda line: Image.fromarray(line),
    "RGB": lambda line: Image.fromarray(line).convert("RGB"),
    "RGBA": lambda line: Image.fromarray(line).convert("RGBA"),
    "LA": lambda line: Image.fromarray(line).convert("LA"),
    "transparent": transparent,
    "P": lambda line: Image.fromarray(line).quantize(4),
    "16 bit": lambda line: Image.fromarray(line.astype(np.uint16) * 257),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_reads_the_same(mode, tmp_path):
    path = tmp_path / "선화 (1).png"
    MODES[mode](page()).save(path)
    line = read_line(path)
    assert line.dtype == np.float32
    np.testing.assert_allclose(line, page() / 255, atol=1e-3)


def test_bilevel_and_see_through_indices(tmp_path):
    hard = np.where(page() > 200, 255, 0).astype(np.uint8)
    for name, image in (
        ("a.png", Image.fromarray(hard).convert("1")),
        ("b.png", transparent_index(hard)),
    ):
        image.save(tmp_path / name)
        np.testing.assert_allclose(read_line(tmp_path / name), hard / 255, atol=1e-3)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_files(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(page()).convert("RGB").save(path, quality=95)
    assert abs(read_line(path) - page() / 255).mean() < 0.02


def test_exif_turns_the_page(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate a quarter clockwise to see it upright
    path = tmp_path / "a.png"
    Image.fromarray(page()).save(path, exif=exif)
    np.testing.assert_allclose(read_line(path), np.rot90(page(), -1) / 255, atol=1e-3)


def test_faults_name_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="없음"):
        read_line(tmp_path / "없음.png")
    text = tmp_path / "글.png"
    text.write_text("not a picture")
    with pytest.raises(ValueError, match=r"글\.png.*not an image"):
        read_line(text)
    half = tmp_path / "half.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)).save(half)
    half.write_bytes(half.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"half\.png: cannot be read"):
        read_line(half)


def test_find_images(tmp_path):
    for name in ("나.PNG", "가/b.jpeg", "a.webp", "a.txt", ".hidden/c.png", "가/.d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [p.relative_to(tmp_path).as_posix() for p in find_images(tmp_path)]
    assert sorted(found) == ["a.webp", "가/b.jpeg", "나.PNG"]
    with pytest.raises(FileNotFoundError, match="no folder"):
        find_images(tmp_path / "x")


def test_a_false_length_asks_for_no_memory(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(page()).save(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") - 4] = 0x7F  # a chunk of 2 GB
    path.write_bytes(content)
    tracemalloc.start()
    with contextlib.suppress(ValueError):
        read_line(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**24


def test_pixels_that_are_no_numbers(tmp_path):
    path = tmp_path / "a.tif"
    Image.fromarray(np.array([[0, np.nan, 1]], np.float32)).save(path)
    with pytest.raises(ValueError, match=r"a\.tif.*not numbers"):
        read_line(path)


def test_no_program_is_started_for_a_drawing(tmp_path):
    """Pillow would run Ghostscript on PostScript, whatever the file is called."""
    path = tmp_path / "a.png"
    path.write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
    )
    with pytest.raises(ValueError, match="not an image"):
        read_line(path)
