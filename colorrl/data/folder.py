"""Pictures as people have them: any mode, any depth, turned by EXIF, transparent or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

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

    Luma (ITU-R BT.601) of its colours over white: what is transparent is paper. Raises
    FileNotFoundError, or ValueError naming a file that cannot be read as an image.
    """
    return _luma(open_upright(path))


def read_grey(path: Path) -> NDArray[np.uint8]:
    """(H, W) uint8, 255 = paper: `read_line` as a prepared set keeps it."""
    return np.rint(read_line(path) * 255).astype(np.uint8)


def read_rgba(path: Path) -> NDArray[np.uint8]:
    """(H, W, 4) uint8, colour not premultiplied, of the image at ``path``; as `read_line`."""
    return np.asarray(open_upright(path).convert("RGBA"))


def open_upright(path: Path) -> Image.Image:
    """The image at ``path``, turned as EXIF says.

    Raises FileNotFoundError, or ValueError naming a file that cannot be read as an image.
    """
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image)
            upright.load()
            return upright
    except FileNotFoundError:
        raise FileNotFoundError(f"no file {path}") from None
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: not an image that can be read ({error})") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{path}: damaged or incomplete image ({error})") from error


def _luma(image: Image.Image) -> NDArray[np.float32]:
    if image.mode.startswith("I;16") or image.mode == "I":
        return (np.asarray(image).astype(np.float32) / 65535).clip(0, 1)
    if image.mode == "F":
        return np.asarray(image).astype(np.float32).clip(0, 1)
    rgba = np.asarray(image.convert("RGBA")).astype(np.float32) / 255
    grey = rgba[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)
    alpha = rgba[..., 3]
    return (grey * alpha + 1 - alpha).clip(0, 1)
