"""Files of Adobe's published layout, put together here field by field."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from colorrl.palette.photoshop import read_aco, read_act, write_act

RED = (1.0, 0.0, 0.0)


def aco(*colors, version=1, names=None):
    rows = [struct.pack(">5H", *color) for color in colors]
    if names:
        texts = [f"{name}\0".encode("utf-16-be") for name in names]
        rows = [r + struct.pack(">I", len(t) // 2) + t for r, t in zip(rows, texts, strict=True)]
    return struct.pack(">2H", version, len(colors)) + b"".join(rows)


def rgb(entries):
    return np.array([color for color, _ in entries])


def test_the_spaces_that_adobe_documents():
    entries = read_aco(
        aco(
            (0, 65535, 0, 0, 0),  # "pure red = 65535, 0, 0"
            (1, 0, 65535, 65535, 0),  # HSB, "pure red = 0, 65535, 65535"
            (2, 0, 65535, 65535, 65535),  # CMYK, "pure cyan = 0, 65535, 65535, 65535"
            (7, 10000, 0, 0, 0),  # Lab, "pure white = 10000, 0, 0"
            (8, 7500, 0, 0, 0),  # Photoshop's "75% Gray"
            (1, 43690, 65535, 32768, 0),  # 240 degrees, half bright
        )
    )
    expected = [RED, RED, (0, 1, 1), (1, 1, 1), (0.25,) * 3, (0, 0, 0.5)]
    np.testing.assert_allclose(rgb(entries), expected, atol=2e-4)  # the white points' 4 digits


def test_lab_is_what_littlecms_makes_of_it():
    """Pillow's LittleCMS has Lab in 8 bits: half a step is 0.2 in L and 0.5 in a and b."""
    values = [(50, 40, 30), (60, -20, 10), (30, 10, -40), (80, 5, 40)]
    image = Image.new("LAB", (len(values), 1))
    # LittleCMS counts a and b from 128 in 8 bits
    image.putdata([(round(v * 2.55), a + 128, b + 128) for v, a, b in values])
    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    expected = np.asarray(ImageCms.profileToProfile(image, *profiles, outputMode="RGB")) / 255
    entries = read_aco(
        aco(*((7, 100 * v, 100 * a & 0xFFFF, 100 * b & 0xFFFF, 0) for v, a, b in values))
    )
    np.testing.assert_allclose(np.clip(rgb(entries), 0, 1), expected[0], atol=0.012)


def test_names_come_from_the_second_section():
    colors = (0, 65535, 0, 0, 0), (0, 0, 0, 65535, 0)
    named = aco(*colors, version=2, names=["빨강", "青"])
    for content in (aco(*colors) + named, named):  # Photoshop writes both, some programs one
        entries = read_aco(content)
        assert [name for _, name in entries] == ["빨강", "青"]
        assert rgb(entries).tolist() == [[1, 0, 0], [0, 0, 1]]
    stray = read_aco(aco(*colors) + b"\0")  # as Photoshop 5's Focoltone library ends
    assert [name for _, name in stray] == ["", ""]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cut short"),
        (b"GIMP Palette", "neither 1 nor 2"),
        (aco((3, 1, 2, 3, 4)), "Pantone"),
        (aco((0, 1, 2, 3, 4))[:-1], "1 bytes are missing"),
        (struct.pack(">2H", 1, 65535), "cut short"),
        (aco((0, 1, 2, 3, 4), version=2) + b"\xff" * 4, "missing"),  # a name of 8 GB
    ],
)
def test_bad_swatches(content, reason):
    with pytest.raises(ValueError, match=reason):
        read_aco(content)


def table(*colors):
    return b"".join(map(bytes, colors)).ljust(768, b"\0")


def test_a_color_table_says_how_many_count():
    content = table((255, 0, 0), (1, 2, 3), (255, 255, 255))
    counted = read_act(content + struct.pack(">2H", 3, 1))  # entry 1 is see-through
    assert rgb(counted).tolist() == [[1, 0, 0], [1, 1, 1]]
    unset = read_act(content + b"\xff" * 4)
    assert len(unset) == len(read_act(content)) == 3  # black up to the end is filling
    full = table(*((i, 0, 0) for i in range(1, 256)))
    assert len(read_act(full)) == 256  # one black at the end is a colour


@pytest.mark.parametrize("content", [b"", b"\0" * 767, table((1, 1, 1)) + b"\xff\0\0\0"])
def test_bad_color_tables(content):
    with pytest.raises(ValueError, match="colour table has"):
        read_act(content)


def test_a_color_table_has_an_end():
    with pytest.raises(ValueError, match="256"):
        write_act([(RED, "")] * 257, "")
