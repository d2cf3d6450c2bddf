"""The sketches of a folder and the names of their results."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from colorrl.export.hint_files import is_hints, is_meant_as_hints
from colorrl.export.journal import FOLDERS, made_in
from colorrl.images.folder import SUFFIXES

log = logging.getLogger(__name__)

# pictures that people keep beside their pages, and that cannot be read
UNREAD = frozenset(
    {".ai", ".avif", ".clip", ".heic", ".jxl", ".kra", ".mdp"}
    | {".pdf", ".psb", ".sai", ".sai2", ".svg", ".tga", ".xcf"}
)


@dataclass(frozen=True, slots=True)
class Job:
    """One sketch and where its results go."""

    page: str  # path below the input folder, with forward slashes
    path: Path
    stem: Path  # what the names of its results start with
    output: Path  # folder of all results, with their journal
    url: str | None = None  # of the sketch, if its results go to another store; None = to its own


def find_jobs(source: Path, output: Path) -> list[Job]:
    """The sketches in ``source``, a folder or one file, by name.

    Leaves out hidden files, ``output``, and what earlier runs wrote. Raises FileNotFoundError if
    there is no such folder and ValueError if it holds no sketch.
    """
    if not source.exists():
        raise FileNotFoundError(f"{source} does not exist")
    if source.is_dir() and source.resolve() == output.resolve():
        raise ValueError(f"output is the input folder {source}: choose another one")
    files = [source] if source.is_file() else _pages(source, output.resolve())
    if not files:
        ours = ", but for what colorrl wrote there: give the folder of the line art, or one file"
        raise ValueError(
            f"{source} holds no {', '.join(sorted(SUFFIXES))} file"
            + (ours if made_in(source) else "")
        )
    root = source.parent if source.is_file() else source
    return [job_of(file.relative_to(root).as_posix(), file, output) for file in sorted(files)]


def _pages(source: Path, output: Path) -> list[Path]:
    """The files below ``source`` that are pages; what looks like one and is none is logged."""
    ours = made_in(source)
    files = [file for file in _walk(source, output) if file not in ours]
    unread = Counter(suffix for f in files if (suffix := f.suffix.lower()) in UNREAD)
    if unread:
        counts = ", ".join(f"{n} {suffix}" for suffix, n in sorted(unread.items()))
        log.warning("%s: left out, save them as PNG or PSD to have them coloured", counts)
    for file in files:
        if is_meant_as_hints(file.name) and not is_hints(file.name):
            log.warning("%s: left out, hints are .hints.png or .hints.json", file)
    return [file for file in files if is_sketch(file.name)]


def _walk(source: Path, output: Path) -> Iterator[Path]:
    """The files below ``source`` but hidden folders, ``output`` and what earlier runs wrote."""
    for folder, below, files in os.walk(source, onerror=_warn):
        for name in below:
            if not name.startswith(".") and (Path(folder) / name).is_symlink():
                log.warning(
                    "%s: left out, a link to a folder: give it as input", Path(folder, name)
                )
        below[:] = [
            name
            for name in below
            if not name.startswith(".")
            and (Path(folder) / name).resolve() != output
            and not any((Path(folder) / name / journal).exists() for journal in FOLDERS)
        ]
        yield from (Path(folder) / name for name in files)


def is_sketch(name: str) -> bool:
    """Whether a file of that name is a page: an image, neither hidden nor another page's hints."""
    known = Path(name).suffix.lower() in SUFFIXES
    return known and not name.startswith(".") and not is_meant_as_hints(name)


def _warn(fault: OSError) -> None:
    log.warning("left out: %s", fault)


def job_of(page: str, path: Path, output: Path) -> Job:
    """The job of the sketch ``page`` at ``path``."""
    name = PurePosixPath(page)
    # a.jpg keeps its suffix in the names, or it would take those of a.png beside it; so does
    # a.jpg.png, for the sake of a.jpg
    short = name.suffix == ".png" and PurePosixPath(name.stem).suffix.lower() not in SUFFIXES
    return Job(page, path, output / name.parent / (name.stem if short else name.name), output)


def in_shard(jobs: Iterable[Job], shard: str) -> list[Job]:
    """Part ``i/n`` (1 to n) of ``jobs``, by the pages' names alone: machines need not agree on
    what is in the folder. Raises ValueError for what is no such part."""
    found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", shard)
    part, parts = map(int, found.groups()) if found else (1, 0)
    if part > parts:
        raise ValueError(f"shard={shard}: give part i of n as i/n, from 1/n to n/n")
    return [job for job in jobs if _number(job.page) % parts == part - 1]


def _number(page: str) -> int:
    # some systems take accents and Hangul syllables apart
    whole = unicodedata.normalize("NFC", page).encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.sha256(whole).digest()[:8])
