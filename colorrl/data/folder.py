"""Line art as people have it: any mode, any depth, turned by EXIF, transparent or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

# What such a file may really be; Pillow's other formats are rare and some start programs.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})


def find_images(folder: Path) -> list[Path]:
    """All images below ``folder``, sorted, hidden files and folders left out.

    Raises FileNotFoundError if there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}; give the folder that holds the line art")
    found = (p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    shown = (p for p in found if not any(x.startswith(".") for x in p.relative_to(folder).parts))
    return sorted(shown)


def read_line(path: Path) -> NDArray[np.float32]:
    """(H, W) float32 in [0, 1], 1 = paper, of the image at ``path``, upright.

    Raises FileNotFoundError, or ValueError naming a file that cannot be read as an image.
    """
    return luma(open_upright(path))


def open_upright(path: Path) -> Image.Image:
    """The decoded image at ``path``, turned as its EXIF says.

    Raises FileNotFoundError, or ValueError naming a file that cannot be read as an image.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            upright = ImageOps.exif_transpose(image)
            upright.load()
    except FileNotFoundError:
        raise FileNotFoundError(f"no file {path}") from None
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: not an image that can be read ({error})") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{path}: damaged or incomplete image ({error})") from error
    return upright


def luma(image: Image.Image) -> NDArray[np.float32]:
    """(H, W) in [0, 1]: ITU-R BT.601 of its colours over white, what is transparent is paper."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return (np.asarray(image).astype(np.float32) / 65535).clip(0, 1)
    if image.mode == "F":
        return np.asarray(image).astype(np.float32).clip(0, 1)
    rgba = np.asarray(image.convert("RGBA")).astype(np.float32) / 255
    grey = rgba[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)
    alpha = rgba[..., 3]
    return (grey * alpha + 1 - alpha).clip(0, 1)
