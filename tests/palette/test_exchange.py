"""Files of the layout that Illustrator writes, put together here field by field."""

import struct

import numpy as np
import pytest

from colorrl.palette.exchange import read_ase


def utf16(name):
    text = f"{name}\0".encode("utf-16-be")
    return struct.pack(">H", len(text) // 2) + text


def color(model, *values, name="", kind=2):
    content = utf16(name) + model + struct.pack(f">{len(values)}fH", *values, kind)
    return struct.pack(">HI", 1, len(content)) + content


def group(name):
    return struct.pack(">HI", 0xC001, len(utf16(name))) + utf16(name)


END = struct.pack(">HI", 0xC002, 0)


def ase(*blocks, n=None):
    return b"ASEF" + struct.pack(">2HI", 1, 0, len(blocks) if n is None else n) + b"".join(blocks)


def test_groups_models_and_names():
    entries = read_ase(
        ase(
            group("살색"),
            color(b"RGB ", 1, 0.5, 0.25, name="肌", kind=0),
            color(b"CMYK", 1, 0, 0, 0.5),
            END,
            color(b"Gray", 0.25, name="dark", kind=1),
            color(b"GRAY", 0.25),
            color(b"LAB ", 1, 0, 0),
            struct.pack(">HI", 0x0009, 3) + b"abc",  # a block that nobody knows
        )
    )
    expected = [(1, 0.5, 0.25), (0, 0.5, 0.5), (0.25,) * 3, (0.25,) * 3, (1, 1, 1)]
    np.testing.assert_allclose([c for c, _ in entries], expected, atol=2e-4)  # D50's 4 digits
    assert [name for _, name in entries] == ["肌", "", "dark", "", ""]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cut short"),
        (b"GIMP Palette", "ASEF"),
        (b"ASEF" + struct.pack(">2HI", 7, 0, 0), "version 7"),
        (ase(color(b"RGB ", 1, 1, 1), n=2**32 - 1), "missing"),
        (ase(struct.pack(">HI", 1, 2**32 - 1)), "missing"),
        (ase(struct.pack(">HI", 1, 2) + b"\xff\xff"), "missing"),  # the name is not in its block
        (ase(color(b"HSL ", 1, 1, 1)), "unknown model 'HSL '"),
        (ase(color(b"RGB ", 1, float("nan"), 1)), "not a number"),
    ],
)
def test_bad_files(content, reason):
    with pytest.raises(ValueError, match=reason):
        read_ase(content)
