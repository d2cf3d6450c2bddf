"""DiceBear characters of styles without outlines: cut by placeholder colours, lines on boundaries.

Skin and hair of near colours would be taken for shades of one part. So the parts are found in
colours that are far from each other, one for each colour that the style names, and painted after.
"""

from __future__ import annotations

import re

import numpy as np
from PIL import ImageColor

from colorrl.data.boundary.line_art import draw
from colorrl.data.boundary.plain_svg import MARGIN
from colorrl.data.sets.dicebear_character import (
    Character,
    hashed,
    line_colors,
    placeholder_svg,
    random_colors,
    recoloured,
)
from colorrl.data.source import Pixels, Rendering

# Far from each other and from what styles paint themselves; none is dark, which would be ink
MARKS = ("#e04040", "#3fae49", "#3f62e8", "#d9b81c", "#b84ad8", "#23b5b5", "#f08030", "#8bc34a")
VIEW = re.compile(r'viewBox="0 0 (\d+) (\d+)"')


def render_flat(character: Character, size: int) -> Rendering | str:
    """``character`` in colours of the style drawn by its id; lines where its parts meet."""
    colors, ink = random_colors(character), line_colors(character.style)
    marks = dict(zip(colors, MARKS, strict=False))
    if len(marks) < len(colors):
        raise ValueError(f"style {character.style} names over {len(MARKS)} colours")
    black = dict.fromkeys(ink, "#000")
    marked = _with_margin(recoloured(placeholder_svg(character), marks | black))
    painted = _with_margin(recoloured(placeholder_svg(character), colors | black))
    random = np.random.default_rng(hashed(character.id) % 2**63)
    drawing = draw(marked, size, random, painted)
    if isinstance(drawing, str) or drawing.fill is None or drawing.paints is None:
        return drawing
    table = {_rgb(marks[name]): _rgb(color) for name, color in colors.items()}
    return Rendering(
        line=drawing.line,
        fill=_painted(drawing.fill, table),
        paints=tuple(sorted({table.get(p, p) for p in drawing.paints})),
        shaded=drawing.shaded,
    )


def _painted(fill: Pixels, table: dict[tuple[int, int, int], tuple[int, int, int]]) -> Pixels:
    """``fill`` (H, W, 4) with the colours that ``table`` names in their new ones."""
    found = fill.copy()
    for mark, color in table.items():
        found[(fill[..., :3] == mark).all(-1) & (fill[..., 3] > 0), :3] = color
    return found


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = ImageColor.getrgb(color)[:3]
    return red, green, blue


def _with_margin(svg: str) -> str:
    """A style's page with room for lines around the drawing."""

    def wider(found: re.Match[str]) -> str:
        width, height = (int(v) for v in found.groups())
        x, y = MARGIN * width, MARGIN * height
        return f'viewBox="{-x} {-y} {width + 2 * x} {height + 2 * y}"'

    return VIEW.sub(wider, svg, count=1)
