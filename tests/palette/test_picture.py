import numpy as np
import pytest
from PIL import Image, ImageDraw

from colorrl.palette import read_palette

STRIP = [(217, 30, 40), (255, 204, 153), (40, 90, 160), (30, 30, 30), (250, 250, 245)]


def strip(side=24):
    pixels = np.repeat(np.array([STRIP], np.uint8), side, axis=1).repeat(side, axis=0)
    return Image.fromarray(pixels)


def found(path):
    return np.rint(read_palette(path).colors.numpy() * 255).astype(int)


@pytest.mark.parametrize("name", ["색.png", "색.gif", "색.webp"])
def test_a_strip_of_few_colors_is_read_exactly(tmp_path, name):
    strip().save(tmp_path / name, lossless=True)
    read = set(map(tuple, found(tmp_path / name).tolist()))
    assert read == set(STRIP)


def test_order_is_that_of_the_picture(tmp_path):
    strip().save(tmp_path / "a.png")
    assert found(tmp_path / "a.png").tolist() == [list(c) for c in STRIP]


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_lossy_strips_have_no_colors_beside_those_painted(tmp_path, name):
    strip().save(tmp_path / name, quality=80)
    read = found(tmp_path / name)
    off = abs(read[:, None] - np.array(STRIP)).max(2)
    assert len(read) == len(STRIP)
    assert off.min(0).max() <= 3  # JPEG at this quality moves a flat colour by 2


def test_a_drawing_gives_its_flats_and_not_their_blends(tmp_path):
    drawing = Image.new("RGB", (600, 600), STRIP[4])
    pen = ImageDraw.Draw(drawing)
    for i, color in enumerate(STRIP[:3]):
        pen.ellipse((30 + 180 * i, 60, 190 + 180 * i, 400 + 60 * i), color, STRIP[3], 12)
    drawing.resize((300, 300), Image.Resampling.LANCZOS).save(tmp_path / "a.png")
    assert set(map(tuple, found(tmp_path / "a.png").tolist())) == set(STRIP)


def test_a_photograph_gives_its_commonest_colors(tmp_path):
    noise = np.random.default_rng(0).normal(0, 6, (120, 120, 3))
    noise[:, :80] += STRIP[0]
    noise[:, 80:] += STRIP[2]
    Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(tmp_path / "a.png")
    read = found(tmp_path / "a.png")
    assert 2 <= len(read) <= 16
    # of normal noise of 6 a channel, 12 is two deviations
    assert abs(read[:, None] - np.array([STRIP[0], STRIP[2]])).max(2).min(0).max() <= 12


def test_what_is_see_through_has_no_color(tmp_path):
    rgba = np.dstack([np.asarray(strip()), np.full((24, 120), 255, np.uint8)])
    rgba[:, :24, 3] = 0
    Image.fromarray(rgba).save(tmp_path / "a.png")
    indexed = strip().quantize(8)
    indexed.info["transparency"] = indexed.getpixel((0, 0))
    indexed.save(tmp_path / "b.png")
    for name in ("a.png", "b.png"):
        assert set(map(tuple, found(tmp_path / name).tolist())) == set(STRIP[1:])
    rgba[..., 3] = 0
    Image.fromarray(rgba).save(tmp_path / "c.png")
    with pytest.raises(ValueError, match=r"c\.png: holds no colours"):
        read_palette(tmp_path / "c.png")


def test_sixteen_bit_grays(tmp_path):
    Image.fromarray(np.array([[0, 128 * 257, 65535]], np.uint16)).save(tmp_path / "a.png")
    assert found(tmp_path / "a.png")[:, 0].tolist() == [0, 128, 255]


def test_damaged_pictures_name_the_file(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ValueError, match=r"a\.png"):
        read_palette(tmp_path / "a.png")
