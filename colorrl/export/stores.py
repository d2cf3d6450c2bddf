"""Places on any store that fsspec knows, as URLs and as paths below a folder of this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

MARK = "://"


def is_url(place: str) -> bool:
    return MARK in place


def store_of(place: str) -> tuple[Any, str]:
    """The file system of ``place``, a URL or a path of this machine, and its path there."""
    if is_url(place):
        fs, path = fsspec.core.url_to_fs(place)
        return fs, path
    return LocalFileSystem(), Path(place).resolve().as_posix()


def mirror(place: str) -> Path:
    """Where ``place`` lies below a stage: its protocol and path."""
    fs, path = store_of(place)
    protocol = fs.protocol if isinstance(fs.protocol, str) else fs.protocol[0]
    return Path(protocol, path.strip("/"))


def url_of(path: Path) -> str:
    """The URL of ``path``, as ``mirror`` made it."""
    protocol, *parts = path.parts
    root = "/" if protocol in LocalFileSystem.protocol else ""
    return f"{protocol}{MARK}{root}{'/'.join(parts)}"


def opened(path: Path) -> IO[bytes]:
    """The file at ``path`` of a store, to read."""
    fs, place = store_of(url_of(path))
    file: IO[bytes] = fs.open(place, "rb")
    return file


@contextmanager
def copied(place: str, folder: Path) -> Iterator[Path]:
    """A file of this machine with what is at ``place``: a path from ``folder``, or a URL."""
    if not is_url(place):
        yield folder / place
        return
    fs, path = store_of(place)
    with tempfile.TemporaryDirectory(prefix="colorrl-") as name:
        copy = Path(name, Path(path).name)
        fs.get_file(path, str(copy))
        yield copy
