"""Pages as PNG: the picture, the flats, the flats by palette index, the region ids."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from colorrl.export.composite import composite
from colorrl.export.painted import WHITE, Painted, flats, swatches

# zlib's level: flats shrink hardly further at 9, and take thrice the time
COMPRESSION = 4
# an indexed PNG's colours, less the one that stands for the paper
MAX_INDEXED = 255


def write_composite(path: Path, page: Painted) -> None:
    """RGB: the line multiplied over the flats."""
    save(path, Image.fromarray(composite(page)))


def write_flats(path: Path, page: Painted) -> None:
    """RGBA: one colour for each region, see-through where the paper shows."""
    save(path, Image.fromarray(flats(page)))


def write_indexed(path: Path, page: Painted) -> None:
    """P: index 0 is the paper (see-through), 1, 2, .. the colours in the order of ``swatches``.

    Raises ValueError for more than 255 colours.
    """
    index, listed = swatches(page)
    if len(listed) > MAX_INDEXED:
        raise ValueError(
            f"an indexed PNG holds {MAX_INDEXED} colours, the page has {len(listed)}: "
            "give a palette with only_palette=true, or leave indexed out of export"
        )
    image = Image.fromarray((index + 1).astype(np.uint8)[page.region_index], mode="P")
    image.putpalette(bytes(WHITE) + b"".join(bytes(swatch.color) for swatch in listed))
    save(path, image, transparency=0)


def write_regions(path: Path, page: Painted) -> None:
    """RGB: the id of the region that owns a pixel as R * 65536 + G * 256 + B, 0 = nobody's."""
    save(path, Image.fromarray(id_pixels(page.region_index)))


def id_pixels(ids: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: ``ids`` (H, W), under 2^24, as R * 65536 + G * 256 + B."""
    table = np.arange(int(ids.max()) + 1)
    channels = [table >> 16, table >> 8 & 255, table & 255]
    return np.stack(channels, axis=1).astype(np.uint8)[ids]


def read_regions(path: Path) -> np.ndarray:
    """(H, W) int32: what ``write_regions`` wrote. Raises OSError or ValueError naming the file."""
    try:
        with Image.open(path) as image:
            if image.mode != "RGB":
                raise ValueError(f"of mode {image.mode}, not RGB")
            pixels = np.asarray(image)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, SyntaxError) as fault:
        raise ValueError(f"{path}: not a picture of region ids ({fault})") from None
    ids = pixels[..., 0].astype(np.int32)
    for channel in (1, 2):
        ids = (ids << 8) | pixels[..., channel]
    return ids


def save(file: Path | IO[bytes], image: Image.Image, **options: int) -> None:
    """``image`` as PNG, whatever ``file`` is called."""
    image.save(file, format="PNG", compress_level=COMPRESSION, **options)
