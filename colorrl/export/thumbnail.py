"""A small picture of a page, for the review."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from colorrl.export.composite import composite
from colorrl.export.painted import Painted

SIDE = 320  # px, the longer one
QUALITY = 85


def write_thumbnail(path: Path, page: Painted) -> None:
    """The composite as a JPEG."""
    image = Image.fromarray(composite(page))
    image.thumbnail((SIDE, SIDE))
    # in memory: Pillow's JPEG encoder takes a write that a full disk cut short for a whole one
    encoded = io.BytesIO()
    image.save(encoded, format="JPEG", quality=QUALITY)
    path.write_bytes(encoded.getvalue())
