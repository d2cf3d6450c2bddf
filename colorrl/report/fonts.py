"""Fonts for run names in Korean or Japanese, where the machine has one."""

from __future__ import annotations

from functools import cache

import matplotlib
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from PIL import ImageFont

PLAIN = "DejaVu Sans"  # comes with matplotlib
WIDE = (
    *("Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans KR", "Noto Sans JP", "NanumGothic"),
    *("Malgun Gothic", "Apple SD Gothic Neo", "Yu Gothic", "Hiragino Sans", "Unifont"),
)


@cache
def families() -> tuple[str, ...]:
    """Fonts that matplotlib has found, in the order letters are looked up."""
    found = {font.name for font in font_manager.fontManager.ttflist}
    return (PLAIN, *(name for name in WIDE if name in found))


def use_fonts() -> None:
    """Let matplotlib fall back to them for letters that its own font lacks."""
    matplotlib.rcParams["font.family"] = list(families())


def legible(label: str, place: int) -> str:
    """``label``, or where no font here has its letters the column of the table it stands in."""
    letters = {ord(letter) for letter in label}
    known = frozenset[int]().union(*map(_letters, families()))
    return label if letters <= known else f"column {place + 1}"


@cache
def label_font(size: int) -> ImageFont.FreeTypeFont:
    """A font for Pillow, ``size`` in pixels."""
    return ImageFont.truetype(font_manager.findfont(families()[-1]), size)


@cache
def _letters(family: str) -> frozenset[int]:
    return frozenset(FT2Font(font_manager.findfont(family)).get_charmap())
