"""The colours of a page as the palette files of other programs."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from colorrl.export.painted import Painted, swatches
from colorrl.palette.files import WRITERS
from colorrl.palette.record import Entry, one_line


def write_palette(path: Path, page: Painted, suffix: str) -> None:
    """The ``swatches`` of ``page`` in their order, in the format of ``suffix``."""
    _, listed = swatches(page)
    entries: list[Entry] = []
    for swatch in listed:
        r, g, b = (channel / 255 for channel in swatch.color)
        entries.append(((r, g, b), one_line(swatch.name)))
    title = one_line(PurePosixPath(page.source.page).stem)
    path.write_bytes(WRITERS[suffix](entries, title))
