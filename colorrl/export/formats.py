"""The kinds of files a page can be written as, and their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from colorrl.export import alternatives, matches, ora, palettes, png, psd, regions, thumbnail
from colorrl.export.draft import draft
from colorrl.export.painted import Painted

Writer = Callable[[Path, Painted], None]

# kind -> what its files' names end in, after the page's name
FORMATS: dict[str, dict[str, Writer]] = {
    "composite": {".composite.png": png.write_composite},
    "flats": {".flats.png": png.write_flats},
    "indexed": {".indexed.png": png.write_indexed},
    "regions": {regions.PNG: png.write_regions, regions.JSON: regions.write},
    "psd": {".psd": psd.write_psd},
    "ora": {".ora": ora.write_ora},
    "palettes": {
        suffix: partial(palettes.write_palette, suffix=suffix)
        for suffix in (".gpl", ".aco", ".ase")
    },
    "thumbnail": {".thumbnail.jpg": thumbnail.write_thumbnail},
    "alternatives": {".alternatives.png": alternatives.write_alternatives},
    "matches": {".matches.png": matches.write_matches},
}


def files_of(kinds: Iterable[str], stem: Path) -> list[Path]:
    """The files of ``kinds`` for the page whose files' names start with ``stem``."""
    return [Path(f"{stem}{ending}") for kind in kinds for ending in FORMATS[kind]]


def write(kinds: Iterable[str], stem: Path, page: Painted) -> None:
    """``page`` as ``kinds``, each file complete or absent. OSError, or ValueError with the kind."""
    for kind in kinds:
        for ending, writer in FORMATS[kind].items():
            with draft(Path(f"{stem}{ending}")) as path:
                writer(path, page)
