"""The sketches of a folder and the names of their results."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from colorrl.config import UserError
from colorrl.data.folder import SUFFIXES
from colorrl.export.journal import NAME, REGIONS


@dataclass(frozen=True, slots=True)
class Job:
    """One sketch and where its results go."""

    page: str  # path below the input folder, with forward slashes
    path: Path
    stem: Path  # what the names of its results start with


def find_jobs(source: Path, output: Path) -> list[Job]:
    """The sketches in ``source``, a folder or one file, by name.

    Leaves out hidden files, ``output``, and folders that an earlier run wrote. Raises
    FileNotFoundError if there is no such folder and ValueError if it holds no sketch.
    """
    if not source.exists():
        raise FileNotFoundError(f"{source} does not exist")
    if source.is_dir() and source.resolve() == output.resolve():
        raise ValueError(f"output is the input folder {source}: choose another one")
    files = [source] if source.is_file() else list(_walk(source, output.resolve()))
    if not files:
        raise ValueError(f"{source} holds no {', '.join(sorted(SUFFIXES))} file")
    root = source.parent if source.is_file() else source
    return [_job(root, file, output) for file in sorted(files)]


def _walk(source: Path, output: Path) -> Iterator[Path]:
    for folder, below, files in os.walk(source):
        below[:] = [
            name
            for name in below
            if not name.startswith(".")
            and (Path(folder) / name).resolve() != output
            and not any((Path(folder) / name / journal).exists() for journal in (NAME, REGIONS))
        ]
        for name in files:
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield Path(folder) / name


def _job(root: Path, path: Path, output: Path) -> Job:
    page = path.relative_to(root)
    # a.jpg keeps its suffix in the names, or it would take those of a.png beside it
    name = page.stem if page.suffix == ".png" else page.name
    return Job(page.as_posix(), path, output / page.parent / name)


def raise_failed(failed: dict[str, str], n_good: int) -> None:
    """UserError with a row for each of the pages that ``failed`` (page -> reason), if any."""
    if failed:
        rows = "\n".join(f"  {page}: {reason}" for page, reason in failed.items())
        raise UserError(f"{len(failed)} of {len(failed) + n_good} pages failed:\n{rows}")
