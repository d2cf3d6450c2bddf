"""A small picture of a page, for the review."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from colorrl.export.painted import Painted, composite

SIDE = 320  # px, the longer one
QUALITY = 85


def write_thumbnail(path: Path, page: Painted) -> None:
    """The composite as a JPEG."""
    image = Image.fromarray(composite(page))
    image.thumbnail((SIDE, SIDE))
    image.save(path, format="JPEG", quality=QUALITY)
