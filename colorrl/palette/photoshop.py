"""Photoshop's swatches (.aco) and colour tables (.act).

Source: Adobe, "Photoshop File Formats Specification", sections Color Swatches and Color Table.
"""

from __future__ import annotations

import colorsys
import io
import struct
from itertools import groupby
from typing import BinaryIO

from colorrl.palette.binary import name_bytes, take, take_name
from colorrl.palette.record import RGB, Entry
from colorrl.palette.spaces import from_cmyk, from_lab

FULL = 65535
N_TABLE = 256  # colours of a colour table, used or not
UNSET = 0xFFFF  # neither a count nor a see-through colour
INKS = {3: "Pantone", 4: "Focoltone", 5: "Trumatch", 6: "Toyo", 10: "HKS"}


def read_aco(content: bytes) -> list[Entry]:
    """The named second section if there is one, else the first, which has no names."""
    stream = io.BytesIO(content)
    version, entries = _section(stream)
    if version == 1 and len(content) - stream.tell() >= 4:  # Focoltone's has a stray byte
        _, entries = _section(stream)
    return entries


def write_aco(entries: list[Entry], _title: str) -> bytes:
    """RGB, 16 bits a channel: a section for old programs and one with names."""
    colors = [struct.pack(">5H", 0, *(round(FULL * c) for c in rgb), 0) for rgb, _ in entries]
    names = [name_bytes(name, ">I") for _, name in entries]
    named = (color + name for color, name in zip(colors, names, strict=True))
    count = len(entries)
    sections = (struct.pack(">2H", 1, count), *colors, struct.pack(">2H", 2, count), *named)
    return b"".join(sections)


def read_act(content: bytes) -> list[Entry]:
    """256 colours; with four more bytes, how many count and which one is see-through.

    Left out: the see-through colour and, where no count is given, the black that fills the table.
    """
    if len(content) not in (768, 772):
        raise ValueError(f"a colour table has 768 or 772 bytes, not {len(content)}")
    count, transparent = struct.unpack(">2H", content[768:] or b"\xff" * 4)
    if count > N_TABLE and count != UNSET:
        raise ValueError(f"claims {count} colours; a colour table has {N_TABLE}")
    table = list(struct.iter_unpack("3B", content[:768]))
    used = _without_filling(table) if count == UNSET else table[:count]
    return [
        ((r / 255, g / 255, b / 255), "") for i, (r, g, b) in enumerate(used) if i != transparent
    ]


def write_act(entries: list[Entry], _title: str) -> bytes:
    """772 bytes. Names are lost. Raises ValueError for more than 256 colours."""
    if len(entries) > N_TABLE:
        raise ValueError(f"a colour table holds {N_TABLE} colours, not {len(entries)}")
    table = b"".join(bytes(round(255 * c) for c in rgb) for rgb, _ in entries)
    return table.ljust(3 * N_TABLE, b"\0") + struct.pack(">2H", len(entries), UNSET)


def _section(stream: BinaryIO) -> tuple[int, list[Entry]]:
    version, count = take(stream, ">2H")
    if version not in (1, 2):
        raise ValueError(f"not a swatch file: version {version} is neither 1 nor 2")
    entries = []
    for number in range(1, count + 1):
        space, *values = take(stream, ">5H")
        name = take_name(stream, ">I") if version == 2 else ""
        entries.append((_rgb(space, values, number), name))
    return version, entries


def _rgb(space: int, values: list[int], number: int) -> RGB:
    """Of the colour spaces that Adobe documents."""
    w, x, y, z = (value / FULL for value in values)
    if space == 0:
        return w, x, y
    if space == 1:
        return colorsys.hsv_to_rgb(w, x, y)
    if space == 2:  # 0 = all the ink
        return from_cmyk(1 - w, 1 - x, 1 - y, 1 - z)
    if space == 7:
        lightness, a, b = struct.unpack(">H2h", struct.pack(">3H", *values[:3]))
        return from_lab(lightness / 100, a / 100, b / 100)
    if space == 8:  # black ink, as GIMP reads it and Photoshop's "75% Gray" (7500) has it
        return (1 - values[0] / 10000,) * 3
    ink = INKS.get(space, f"space {space}")
    raise ValueError(f"colour {number} is a custom one ({ink}); convert the swatches to RGB")


def _without_filling(table: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """``table`` without the black at its end if that is more than one entry, and not all."""
    runs = [(color, len(list(run))) for color, run in groupby(table)]
    color, n = runs[-1]
    return table[:-n] if len(runs) > 1 and n > 1 and not any(color) else table
