"""An image of any mode as the pixels of a line art: upright, in sRGB, at 8 bits."""

from __future__ import annotations

import functools
import io
import logging

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

# (H, W, C) as drawn: C = 1 grey, 2 grey + alpha, 3 sRGB, 4 sRGB + alpha
Drawing = NDArray[np.uint8]

MAX_PIXELS = 8192 * 8192
LEVELS: NDArray[np.float32] = np.arange(256, dtype=np.float32) / np.float32(255)
# a transparent page without anything darker than this (of 255) on white was drawn in white
PALE = 240
# TIFF's tag NewSubfileType; bit 0 marks a smaller copy of another page
SUBFILE_TYPE, SMALLER_COPY = 254, 1
MOVING = ("GIF", "WEBP", "PNG")

log = logging.getLogger(__name__)


def check_size(width: int, height: int) -> None:
    """Raise ValueError for a page that is empty or too large; call it before decoding."""
    if width < 1 or height < 1:
        raise ValueError(f"{width} x {height} px hold no drawing")
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"{width} x {height} px are too many; the limit is {MAX_PIXELS / 1e6:.0f} megapixels "
            "(8192 x 8192): cut the page or scale it down"
        )


def check_pages(image: Image.Image) -> None:
    """Raise ValueError for a TIFF of several pages, and for an animation: only one of its pictures
    would be coloured."""
    n_frames = getattr(image, "n_frames", 1)
    if image.format in MOVING and n_frames > 1:
        raise ValueError(f"is an animation of {n_frames} frames: save one as a file of its own")
    if image.format != "TIFF" or n_frames == 1:
        return
    pages = 0
    for frame in range(n_frames):
        image.seek(frame)
        pages += not image.tag_v2.get(SUBFILE_TYPE, 0) & SMALLER_COPY  # type: ignore[attr-defined]
    image.seek(0)
    if pages > 1:
        raise ValueError(f"holds {pages} pages: save each as a file of its own")


def drawing_of(image: Image.Image) -> Drawing:
    """``image`` turned as its EXIF says, converted to sRGB by its ICC profile, at 8 bits."""
    upright = ImageOps.exif_transpose(image)
    profile = upright.info.get("icc_profile")
    eight = _eight_bits(upright)
    pixels = np.asarray(eight if profile is None else _to_srgb(eight, profile))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def over_white(drawing: Drawing) -> Drawing:
    """``drawing`` on white paper: (H, W, 1) grey or (H, W, 3) sRGB, rounded."""
    if drawing.shape[2] in (1, 3):
        return drawing
    color, alpha = drawing[..., :-1], drawing[..., -1:]
    faded = np.empty(color.shape, np.uint8)
    for channel in range(color.shape[2]):
        faded[..., channel] = cv2.multiply(
            np.ascontiguousarray(color[..., channel]),
            np.ascontiguousarray(alpha[..., 0]),
            scale=1 / 255,
        )
    return faded + (255 - alpha)


def channels(drawing: Drawing) -> list[NDArray[np.uint8]]:
    """The one or three channels (H, W) of ``drawing`` on white paper."""
    paper = over_white(drawing)
    return [np.ascontiguousarray(paper[..., i]) for i in range(paper.shape[2])]


def luma(drawing: Drawing) -> NDArray[np.float32]:
    """(H, W) float32 in [0, 1], 1 = paper: luma (ITU-R BT.601) of ``drawing`` on white."""
    paper = over_white(drawing)
    gray = paper[..., 0] if paper.shape[2] == 1 else cv2.cvtColor(paper, cv2.COLOR_RGB2GRAY)
    return LEVELS[gray]


def strokes(drawing: Drawing) -> NDArray[np.float32]:
    """(H, W) float32 in [0, 1], 1 = paper: the darkest channel of ``drawing`` on white.

    A yellow line is nearly as bright as paper, and yet ink. White ink on transparent paper shows
    in the alpha alone.
    """
    paper = over_white(drawing)
    darkest = functools.reduce(cv2.min, cv2.split(paper))
    if drawing.shape[2] in (2, 4) and darkest.min() > PALE:
        darkest = 255 - drawing[..., -1]
    return LEVELS[darkest]


def _eight_bits(image: Image.Image) -> Image.Image:
    """``image`` as L, LA, RGB or RGBA, or as CMYK while a profile is to be applied."""
    if image.mode.startswith("I"):
        return Image.fromarray(np.rint(np.asarray(image).clip(0, 65535) / 257).astype(np.uint8))
    if image.mode == "F":
        values = np.asarray(image)
        if not np.isfinite(values).all():
            raise ValueError("some of its pixels are not numbers: save it with 8 or 16 bits")
        return Image.fromarray(np.rint(values.clip(0, 1) * 255).astype(np.uint8))
    if image.mode in ("L", "LA", "RGB", "RGBA") and "transparency" not in image.info:
        return image
    if image.mode == "CMYK" and "icc_profile" in image.info:
        return image
    if image.mode in ("1", "L", "LA"):
        return image.convert("LA" if image.has_transparency_data else "L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """``image`` converted from ``profile``; as it is where the profile does not fit it."""
    alpha = image.getchannel("A") if "A" in image.getbands() else None
    color = image.convert(image.mode.removesuffix("A"))
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image  # a conversion would move some pixels by rounding
        srgb = ImageCms.profileToProfile(
            color, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError) as fault:
        log.warning("its colour profile does not fit and is left out: %s", fault)
        return image.convert("RGB") if image.mode == "CMYK" else image
    assert srgb is not None  # None only with inPlace
    converted = srgb.convert("L") if color.mode == "L" else srgb
    if alpha is not None:
        converted.putalpha(alpha)
    return converted
