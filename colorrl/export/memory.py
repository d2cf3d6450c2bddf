"""How much memory pages take, so that processes together stay within what there is."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil
from PIL import Image

from colorrl.export.jobs import Job

# bytes: of the command and what its processes share, of each process besides (1.14 GB with two)
SHARED, EACH = 0.75e9, 0.2e9
# of a grey page at work, each pixel: 25 measured at 4,096 px with every kind; colour takes more
PER_PIXEL = 40
# of a page that is matched with a sheet: features of both at 1,024 px a side (.31 GB measured), and
# as much at any size of the page
MATCH = 0.35e9
KEPT = 0.3  # share of the free memory that is left to others
READABLE = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "PSD")


def check_budget(memory_gb: float | None) -> None:
    """Raise ValueError for a bound that one process would pass before its first page."""
    least = (SHARED + EACH) / 1e9
    if memory_gb is not None and not memory_gb >= least:
        raise ValueError(
            f"memory_gb={memory_gb:g}: give at least {least:g}, which one process takes "
            "without a page"
        )


def budget(memory_gb: float | None, workers: int) -> float:
    """Bytes that pages may take together in ``workers`` processes of ``memory_gb`` in all.

    None: of what is free.
    """
    total = (1 - KEPT) * psutil.virtual_memory().available if memory_gb is None else memory_gb * 1e9
    return total - SHARED - workers * EACH


def opened_here(path: Path) -> IO[bytes]:
    """The file at ``path`` of this machine, to read."""
    if not path.is_file():  # a pipe would keep us waiting
        raise FileNotFoundError(path)
    return path.open("rb")


def read_ahead(job: Job) -> None:
    """Ask the system to have the page's file in memory when its turn comes."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError), opened_here(job.path) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def need(
    job: Job, opened: Callable[[Path], IO[bytes]] = opened_here, *, matched: bool = False
) -> float:
    """Bytes that the page of ``job`` takes at work, ``matched`` with a sheet or not; 0 for a file
    that does not say its size."""
    try:
        with opened(job.path) as file:
            n = pixels(job.path, file)
    except Exception:  # nearly anything; reading the page names the fault
        return 0.0
    return float(n) * PER_PIXEL + (MATCH if matched else 0)


def pixels(path: Path, file: IO[bytes]) -> int:
    """How many the page at ``path`` has, by the head of its ``file``."""
    if path.suffix.lower() == ".ora":
        with zipfile.ZipFile(file) as archive, archive.open("mergedimage.png") as merged:
            width, height = Image.open(merged, formats=["PNG"]).size
    else:
        width, height = Image.open(file, formats=READABLE).size
    return width * height
