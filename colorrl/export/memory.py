"""How much memory pages take, so that processes together stay within what there is."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psutil
from PIL import Image

from colorrl.export.jobs import Job

# bytes: of all processes together before the first page, of each one besides
SHARED, EACH = 0.9e9, 0.15e9
PER_PIXEL = 120  # bytes of a page at work
KEPT = 0.3  # share of the free memory that is left to others
READABLE = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "PSD")


def budget(memory_gb: float | None, workers: int) -> float:
    """Bytes that pages may take together in ``workers`` processes of ``memory_gb`` in all.

    None: of what is free.
    """
    total = (1 - KEPT) * psutil.virtual_memory().available if memory_gb is None else memory_gb * 1e9
    return total - SHARED - workers * EACH


def need(job: Job, opened: Callable[[Path], IO[bytes]]) -> float:
    """Bytes that the page of ``job`` takes at work; 0 for a file that does not say its size."""
    try:
        with opened(job.path) as file:
            width, height = _size(job.path, file)
    except Exception:  # nearly anything; the page itself will tell what is wrong with it
        return 0.0
    return float(width) * height * PER_PIXEL


def _size(path: Path, file: IO[bytes]) -> tuple[int, int]:
    if path.suffix.lower() == ".ora":
        with zipfile.ZipFile(file) as archive, archive.open("mergedimage.png") as merged:
            return Image.open(merged, formats=["PNG"]).size
    return Image.open(file, formats=READABLE).size
