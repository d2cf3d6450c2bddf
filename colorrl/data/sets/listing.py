"""The files of a set that a person has downloaded: found, named, checked against other layouts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from colorrl.images.folder import SUFFIXES, find_images


def given_folder(folder: Path | str | None, layout: str) -> Path:
    """``folder`` as a path. Raises FileNotFoundError, with the ``layout``, if it is not there."""
    if folder is None:
        raise FileNotFoundError(f"give data.source=FOLDER, one with {layout}")
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"no folder {folder}; data.source must be one with {layout}")
    return Path(folder)


def name_of(folder: Path, path: Path) -> str:
    """``path`` below ``folder`` without its ending, with slashes on every platform."""
    return path.relative_to(folder).with_suffix("").as_posix()


def picture(folder: Path, name: str) -> Path:
    """The picture that is called ``name`` in ``folder``, whatever its ending.

    Raises FileNotFoundError if there is none.
    """
    for suffix in sorted(SUFFIXES):
        for path in (folder / f"{name}{suffix}", folder / f"{name}{suffix.upper()}"):
            if path.is_file():
                return path
    raise FileNotFoundError(f"no picture {folder / name} ({', '.join(sorted(SUFFIXES))})")


def pictures(folder: Path, layout: str) -> dict[str, Path]:
    """All pictures below ``folder`` by name. Raises FileNotFoundError if there are none."""
    found = {name_of(folder, path): path for path in find_images(folder)}
    if not found:
        raise FileNotFoundError(f"no pictures in {folder}; data.source must be one with {layout}")
    return found


def all_files(folder: Path) -> list[Path]:
    """Every file below ``folder``, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def digest(folder: Path, paths: Iterable[Path]) -> str:
    """16 hex digits that change when a file is added, removed, renamed or changes its length.

    After an edit that keeps a file's length, prepare with force=true.
    """
    text = "".join(f"{p.relative_to(folder).as_posix()} {p.stat().st_size}\n" for p in paths)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def same_numbers(folders: Iterable[Path], files: Iterable[list[Path]]) -> None:
    """Raises ValueError unless every one of ``folders`` has as many ``files`` as the others."""
    counts = {folder: len(found) for folder, found in zip(folders, files, strict=True)}
    if len(set(counts.values())) > 1:
        counted = ", ".join(f"{n} in {folder}" for folder, n in counts.items())
        raise ValueError(f"frames are matched by their order, but there are {counted}")
