"""The names of hint files: for ``a.jpg`` both ``a.jpg.hints.png`` and ``a.hints.png`` will do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PNG, JSON = ".hints.png", ".hints.json"


def candidates(path: Path) -> list[Path]:
    """Where the hints of the page at ``path`` may lie."""
    stems = dict.fromkeys([path.name, path.stem])
    return [path.with_name(stem + ending) for stem in stems for ending in (PNG, JSON)]


def find_hints(path: Path) -> list[Path]:
    """The hint files of the page at ``path``."""
    return [file for file in candidates(path) if file.is_file()]


def find_strays(folder: Path, pages: Iterable[Path]) -> list[Path]:
    """The hint files below ``folder`` of none of ``pages``, which are where hints look for them."""
    known = {file for page in pages for file in candidates(page)}
    return sorted(file for file in folder.rglob("*") if is_hints(file.name) and file not in known)


def is_hints(name: str) -> bool:
    """Whether a file of that name holds hints."""
    return name.lower().endswith((PNG, JSON))


def is_meant_as_hints(name: str) -> bool:
    """Whether a file of that name is no page: hints, or what somebody saved as another format."""
    return Path(name).stem.lower().endswith(".hints")
