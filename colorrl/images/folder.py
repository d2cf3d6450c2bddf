"""Pictures as people have them: any mode, any depth, turned by EXIF, transparent, in layers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from colorrl.images.image import Drawing, check_pages, check_size, drawing_of, luma
from colorrl.images.layered import read_ora, read_psd

# What a file without layers may be, whatever its suffix: some of Pillow's others start programs
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")
LAYERED = {".psd": read_psd, ".ora": read_ora}
MAX_REASON = 200  # characters
PLAIN = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")
SUFFIXES = frozenset({*PLAIN, *LAYERED})


def find_images(folder: Path) -> list[Path]:
    """All images below ``folder``, sorted, hidden files and folders left out.

    Raises FileNotFoundError if there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}; give the folder that holds the line art")
    found = (p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    shown = (p for p in found if not any(x.startswith(".") for x in p.relative_to(folder).parts))
    return sorted(shown)


def read_drawing(path: Path, line_layer: str | None = None) -> Drawing:
    """The line art at ``path`` as drawn, upright, in sRGB at 8 bits.

    ``line_layer`` names the layer of a PSD or ORA that holds the line; None is the picture as
    shown, and all that files without layers have. Raises OSError for a file that cannot be
    opened, and ValueError naming one that cannot be read as an image or has no such layer.
    """
    with naming_damage(path):
        return drawing_of(opened(path, line_layer))


def opened(path: Path, line_layer: str | None = None) -> Image.Image:
    """The decoded image at ``path``, as it is stored. Raises what its decoder raises."""
    layered = LAYERED.get(path.suffix.lower())
    if layered is not None:
        return layered(path, line_layer)
    # from memory: a damaged length cannot ask for more than the file has
    with Image.open(io.BytesIO(path.read_bytes()), formats=FORMATS) as image:
        check_size(*image.size)
        check_pages(image)
        image.load()
        return image


@contextmanager
def naming_damage(path: Path) -> Iterator[None]:
    """ValueError naming ``path`` for whatever a decoder raises on what is no image or damaged."""
    try:
        yield
    except (FileNotFoundError, PermissionError, IsADirectoryError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise ValueError(f"{path}: not an image that can be read") from None
    except Exception as error:  # decoders raise nearly anything on a damaged file
        raise ValueError(f"{path}: cannot be read: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What ``error`` says, without the objects that some decoders put behind it."""
    said = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
    return shorten(said, MAX_REASON) or type(error).__name__


def read_line(path: Path) -> NDArray[np.float32]:
    """``luma`` of ``read_drawing``: (H, W) float32 in [0, 1], 1 = paper."""
    return luma(read_drawing(path))


def read_gray(path: Path) -> NDArray[np.uint8]:
    """(H, W) uint8, 255 = paper: `read_line` as a prepared set keeps it."""
    return np.rint(read_line(path) * 255).astype(np.uint8)


def read_rgba(path: Path) -> NDArray[np.uint8]:
    """(H, W, 4) uint8 sRGB and alpha, colour not premultiplied; otherwise as `read_drawing`."""
    drawing = read_drawing(path)
    color = drawing[..., :-1] if drawing.shape[2] in (2, 4) else drawing
    alpha = drawing[..., -1:] if drawing.shape[2] in (2, 4) else np.full_like(drawing[..., :1], 255)
    return np.concatenate([np.broadcast_to(color, (*alpha.shape[:2], 3)), alpha], axis=2)
