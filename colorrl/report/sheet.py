"""Rows of small pictures, each row with its name and each picture with its score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from torch import Tensor
from torchvision.transforms.functional import to_pil_image

from colorrl.report.fonts import label_font

GAP, LEADING, SIZE = 8, 3, 13  # pixels: between pictures, around a line of letters, of them
# letters at least to a picture's width: four large pictures shown 1,000 px wide have them at 16 px
LETTERS = 15
INK = (30, 30, 34)


@dataclass(frozen=True, slots=True)
class Strip:
    label: str
    pictures: Tensor  # (n, 3, H, W) sRGB in [0, 1]
    captions: Sequence[str] = ()  # below the pictures


def draw_sheet(strips: Sequence[Strip], path: Path, scale: int = 2) -> None:
    """Write ``strips`` one below the other to ``path`` (PNG), ``scale`` pixels to a pixel."""
    n, _, height, width = strips[0].pictures.shape
    font = label_font(letters(scale * width))
    margin = GAP + max(round(font.getlength(strip.label)) for strip in strips)
    across, down = scale * width + GAP, scale * height + caption(scale * width) + GAP
    size = margin + GAP + n * across, GAP + len(strips) * down
    sheet = Image.new("RGB", size, (225, 225, 230))
    for y, strip in enumerate(strips):
        _draw_strip(sheet, strip, (margin, GAP + y * down), scale)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, format="PNG", optimize=True)  # whatever it is called until it is whole


def letters(width: int) -> int:
    """Pixels of letters on a sheet of pictures ``width`` px wide."""
    return max(SIZE, width // LETTERS)


def caption(width: int) -> int:
    """Pixels of the line below pictures ``width`` px wide."""
    return letters(width) + LEADING


def _draw_strip(sheet: Image.Image, strip: Strip, corner: tuple[int, int], scale: int) -> None:
    left, top = corner
    height, width = (scale * side for side in strip.pictures.shape[2:])
    draw, font = ImageDraw.Draw(sheet), label_font(letters(width))
    draw.text((left, top + height // 2), strip.label, INK, font, anchor="rm")
    for i, picture in enumerate(strip.pictures):
        x = left + GAP + i * (width + GAP)
        whole = to_pil_image(picture.float().clamp(0, 1).cpu())
        sheet.paste(whole.resize((width, height), Image.Resampling.NEAREST), (x, top))
        if strip.captions:
            center = x + width // 2, top + height + caption(width) // 2
            draw.text(center, strip.captions[i], INK, font, anchor="mm")
