"""Palette files by suffix, and what a person may give for a palette."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from colorrl.color import parse_hex
from colorrl.palette import exchange, photoshop, picture, text
from colorrl.palette.record import Entry, Palette, entries_of, one_line, palette_with

log = logging.getLogger(__name__)
HEX = re.compile(r"#?(?:[0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
# Bytes of a file that is not a picture: 4,096 colours with long names stay under half of it.
MAX_BYTES = 8 * 2**20

Writer = Callable[[list[Entry], str], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """``read`` and ``write`` raise ValueError; ``write`` takes the palette's title too."""

    read: Callable[[bytes], list[Entry]]
    write: Writer


FORMATS = {
    ".gpl": Format(text.read_gpl, text.write_gpl),
    ".aco": Format(photoshop.read_aco, photoshop.write_aco),
    ".ase": Format(exchange.read_ase, exchange.write_ase),
    ".act": Format(photoshop.read_act, photoshop.write_act),
    ".hex": Format(text.read_lines, text.write_hex),
    ".txt": Format(text.read_lines, text.write_txt),
    ".json": Format(text.read_json, text.write_json),
}
READABLE = (*FORMATS, *picture.SUFFIXES)
WRITERS: dict[str, Writer] = {
    **{suffix: form.write for suffix, form in FORMATS.items()},
    ".png": picture.write_png,
}


def palette_from(value: str | Iterable[str]) -> Palette:
    """A palette from ``#ff0000,#00ff00``, a list of such colours, or the path of a file.

    Raises ValueError for what is neither, FileNotFoundError for a file that is not there.
    """
    parts = value.split(",") if isinstance(value, str) else list(value)
    if any(not isinstance(part, str) for part in parts):
        raise TypeError(f"palette {value!r}: colours are written '#rrggbb'")
    words = [part.strip() for part in parts if part.strip()]
    if words and all(HEX.fullmatch(word) for word in words):
        return palette_with([(parse_hex(word), "") for word in words])
    if isinstance(value, str) and Path(value).suffix.lower() in READABLE:
        return distinct(read_palette(Path(value)))
    wrong = next((word for word in words if not HEX.fullmatch(word)), "")
    some = f": {wrong!r} is none" if len(words) > 1 else ""
    raise ValueError(
        f"palette {value!r} is neither colours (#ff0000,#00ff00){some}, "
        f"nor a file ({', '.join(READABLE)})"
    )


def distinct(palette: Palette) -> Palette:
    """``palette`` without entries whose colour one before them has; the log says how many."""
    first: dict[tuple[float, ...], Entry] = {}
    for (r, g, b), name in entries_of(palette):
        first.setdefault((r, g, b), ((r, g, b), name))
    if len(first) < len(palette):
        log.warning("palette: %d colours stand there twice", len(palette) - len(first))
    return palette_with(list(first.values()))


def read_palette(path: Path) -> Palette:
    """The palette in ``path``, a palette file or a picture; its suffix names the format.

    Raises OSError, or ValueError naming the file for what holds no colours or is damaged.
    """
    suffix = path.suffix.lower()
    if suffix not in READABLE:
        raise ValueError(f"{path}: not a palette format ({', '.join(READABLE)})")
    if suffix in picture.SUFFIXES:
        entries = picture.read(path)
    else:
        with _naming(path):
            entries = FORMATS[suffix].read(_content(path))
    with _naming(path):
        return palette_with(entries)


def write_palette(path: Path, palette: Palette) -> None:
    """``palette`` as a file, complete or absent; its suffix names the format.

    Formats hold what they can: .ase colours as they are, .aco 16 bits a channel, the others 8;
    .hex, .act and .png no names. Raises ValueError naming the file, or OSError.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ValueError(f"{path}: not a palette format to write ({', '.join(WRITERS)})")
    with _naming(path):
        content = writer(entries_of(palette), one_line(path.stem))
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _content(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{size / 2**20:.0f} MB are too much for a palette")
    return path.read_bytes()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """A ValueError from within names ``path``."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
