"""Adobe Swatch Exchange (.ase): swatches of Illustrator, InDesign and Photoshop.

Adobe has not published it. Sources: Carl Camera, "ASE File Specification" (iamacamera.org), and
the readers of GIMP, Krita and SwatchBooker, which agree on it.
"""

from __future__ import annotations

import io
import math
import struct
from typing import BinaryIO

from colorrl.palette.binary import name_bytes, take, take_bytes, take_name
from colorrl.palette.record import RGB, Entry
from colorrl.palette.spaces import from_cmyk, from_lab

MAGIC = b"ASEF"
COLOR, GROUP, GROUP_END = 0x0001, 0xC001, 0xC002
N_VALUES = {b"RGB ": 3, b"CMYK": 4, b"LAB ": 3, b"GRAY": 1}
PROCESS = 2  # neither spot (1) nor global (0)


def read_ase(content: bytes) -> list[Entry]:
    """The colours of all groups, in their order."""
    stream = io.BytesIO(content)
    if take_bytes(stream, 4) != MAGIC:
        raise ValueError("not a swatch exchange file: it does not start with ASEF")
    version, _, n_blocks = take(stream, ">2HI")
    if version != 1:
        raise ValueError(f"version {version} of the format is not known")
    entries: list[Entry] = []
    for _ in range(n_blocks):  # a false count ends with the file
        kind, size = take(stream, ">HI")
        block = io.BytesIO(take_bytes(stream, size))
        if kind == COLOR:
            entries.append(_color(block, len(entries) + 1))
    return entries


def write_ase(entries: list[Entry], title: str) -> bytes:
    """RGB colours in one group: GIMP misses the last colour of a file without groups."""
    colors = [_block(COLOR, _values(rgb, name)) for rgb, name in entries]
    blocks = [_block(GROUP, name_bytes(title, ">H")), *colors, _block(GROUP_END, b"")]
    return MAGIC + struct.pack(">2HI", 1, 0, len(blocks)) + b"".join(blocks)


def _color(block: BinaryIO, number: int) -> Entry:
    name = take_name(block, ">H")
    model = take_bytes(block, 4).upper()  # "Gray" by Adobe, "GRAY" by others
    if model not in N_VALUES:
        raise ValueError(
            f"colour {number} is of an unknown model {model.decode('ascii', 'replace')!r}"
        )
    values = take(block, f">{N_VALUES[model]}f")
    if not all(map(math.isfinite, values)):
        raise ValueError(f"colour {number} is not a number")
    return _rgb(model, values), name


def _rgb(model: bytes, values: tuple[float, ...]) -> RGB:
    """Lightness, inks and greys lie in [0, 1], 1 = white for a grey; a and b in [-128, 127]."""
    if model == b"LAB ":
        lightness, a, b = (max(-200.0, min(200.0, value)) for value in values)
        return from_lab(100 * lightness, a, b)
    held = [max(0.0, min(1.0, value)) for value in values]
    if model == b"CMYK":
        return from_cmyk(*held)
    r, g, b = held * 3 if model == b"GRAY" else held
    return r, g, b


def _values(rgb: RGB, name: str) -> bytes:
    return name_bytes(name, ">H") + b"RGB " + struct.pack(">3fH", *rgb, PROCESS)


def _block(kind: int, content: bytes) -> bytes:
    return struct.pack(">HI", kind, len(content)) + content
