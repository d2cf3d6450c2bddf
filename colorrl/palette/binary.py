"""Big-endian fields and UTF-16 names of Adobe's palette files. Never reads past the end."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO


def take(stream: BinaryIO, layout: str) -> tuple[Any, ...]:
    """The next fields by struct's ``layout``. Raises ValueError where the file ends too early."""
    size = struct.calcsize(layout)
    return struct.unpack(layout, take_bytes(stream, size))


def take_bytes(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)  # from memory: an absurd size yields what is there
    if len(content) < size:
        raise ValueError(f"cut short or damaged: {size - len(content)} bytes are missing")
    return content


def take_name(stream: BinaryIO, length_layout: str) -> str:
    """A name: its length in UTF-16 units, the closing NUL included, then the units."""
    (length,) = take(stream, length_layout)
    text = take_bytes(stream, 2 * length).decode("utf-16-be", "replace")
    return text.split("\0", 1)[0]


def name_bytes(name: str, length_layout: str) -> bytes:
    text = f"{name}\0".encode("utf-16-be")
    return struct.pack(length_layout, len(text) // 2) + text
