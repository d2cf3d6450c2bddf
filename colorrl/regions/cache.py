"""Regions of a line art, computed once: files named by the hash of the line and the settings."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorrl.regions.graph import build
from colorrl.regions.segment import line_sha, segment
from colorrl.types import RegionMap

# raise when segment() changes what it returns for the same line and settings
VERSION = 1


def cached_segment(
    line: NDArray[np.float32],
    folder: Path,
    *,
    ink_threshold: float | None = None,
    ball: int | None = None,
    min_area: int | None = None,
) -> RegionMap:
    """``segment(line)``, read from ``folder`` if it was computed there before.

    A file that cannot be read is computed anew; files are complete or absent.
    """
    sha = line_sha(line)
    settings = json.dumps([VERSION, ink_threshold, ball, min_area])
    name = hashlib.sha256(f"{sha} {settings}".encode()).hexdigest()
    path = Path(folder) / f"{name}.npz"
    if (label := _read(path)) is not None:
        return build(label, sha)
    regions = segment(line, ink_threshold=ink_threshold, ball=ball, min_area=min_area)
    _write(path, regions.label.numpy())
    return regions


def _read(path: Path) -> NDArray[np.int32] | None:
    try:
        with np.load(path) as stored:
            return stored["label"]
    except FileNotFoundError:
        return None


def _write(path: Path, label: NDArray[np.int32]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, label=label)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
