"""The manifest of a prepared set: one JSON line per kept drawing, and files that appear whole."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colorrl.data.sets import openmoji
from colorrl.data.source import Pixels

SPLITS = ("train", "val", "test")
# folders of a prepared set; one of line art alone has no flats and no fill
LAYERS = ("line", "flats", "fill", "regions")


@dataclass(frozen=True, slots=True)
class Entry:
    """One kept drawing."""

    id: str
    base: str  # base glyph, scene or character: what the drawing is a variant of
    cluster: str  # id of the first drawing of its cluster; a cluster lies in one split
    split: str
    n_regions: int
    palette: list[str]  # distinct flats colours, #rrggbb
    sha256: dict[str, str]  # layer -> hash of its pixels
    variant_of: str | None = None  # the drawing it is a variant of, as its set declares


def pixel_sha(image: np.ndarray) -> str:
    """sha256 of an image's pixels, shape and type included: the same whatever wrote the PNG."""
    head = f"{image.dtype.str} {image.shape} ".encode()
    return hashlib.sha256(head + np.ascontiguousarray(image).tobytes()).hexdigest()


def read_manifest(path: Path) -> list[Entry]:
    """The entries of ``path``. Raises FileNotFoundError, or ValueError naming the bad line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise FileNotFoundError(f"no manifest at {path}; make it with: colorrl prepare") from None
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            entries.append(_entry(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{path}:{number}: not a manifest line ({error}); "
                "remove the file and run: colorrl prepare"
            ) from None
    return entries


def _entry(values: dict[str, Any]) -> Entry:
    """Of a line. Before 2026-12 lines did not name variants, and only OpenMoji had them."""
    entry = Entry(**values)
    if "variant_of" in values:
        return entry
    return dataclasses.replace(entry, variant_of=openmoji.variant_of(entry.id))


def manifest_text(entries: Iterable[Entry]) -> str:
    """JSON lines, the same for the same entries."""
    return "".join(json.dumps(dataclasses.asdict(e), ensure_ascii=False) + "\n" for e in entries)


def write_text(path: Path, text: str) -> None:
    """Write ``path`` whole or not at all; leaves it alone if it already says ``text``."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def layer_path(folder: Path, layer: str, name: str) -> Path:
    return folder / layer / f"{name}.png"


def write_layers(folder: Path, name: str, layers: dict[str, np.ndarray]) -> dict[str, str]:
    """Write each layer's PNG below ``folder``; returns the hashes."""
    for layer, pixels in layers.items():
        path = layer_path(folder, layer, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, compress_level=6)
    return {layer: pixel_sha(pixels) for layer, pixels in layers.items()}


def read_layer(folder: Path, layer: str, name: str) -> Pixels:
    """A layer's pixels. Raises ValueError, naming the file, if it is missing or unreadable."""
    path = layer_path(folder, layer, name)
    try:
        with Image.open(path) as image:
            return np.asarray(image)
    except OSError as error:
        raise ValueError(f"{path}: {error}; render it again with: colorrl prepare") from None


def is_whole(folder: Path, entry: Entry) -> bool:
    """Whether all layers of ``entry`` lie below ``folder`` as they were written."""
    try:
        found = {layer: pixel_sha(read_layer(folder, layer, entry.id)) for layer in entry.sha256}
    except ValueError:
        return False
    return found == entry.sha256
