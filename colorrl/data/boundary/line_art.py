"""A flat picture as a drawing: its parts in one colour each, and lines where they meet."""

from __future__ import annotations

import cv2
import numpy as np
from skimage.morphology import skeletonize

from colorrl.data.boundary.parts import Parts, boundaries, find_parts
from colorrl.data.boundary.plain_svg import plain
from colorrl.data.preparation.render import rasterize
from colorrl.data.procedural.strokes import Line, ink, with_width
from colorrl.data.source import Pixels, Rendering

# raise when the same picture gives another drawing
VERSION = 1
# Lengths in pixels of a page of PAGE
PAGE = 512
WIDTHS = (3.5, 8.0)  # of the outer lines, from and to
WARP = 1.5  # standard deviation by which a hand misses the boundary
JITTER = 0.15  # of the pressure, as a share of the width
INNER, DETAIL = 0.7, 0.6  # widths of lines within the figure and of thin shapes, as shares
WAVES = 9  # points a side of the field that moves the hand
# Shares of the painted area that two pictures of one thing have in common at least
SAME_SHAPE = 0.9


def draw(
    svg: str, size: int, random: np.random.Generator, shaded: str | None = None
) -> Rendering | str:
    """The drawing of ``svg`` on a page of ``size`` px, or why it makes none.

    ``shaded`` is the same picture in rendered colours (채색); None, and where its outline is
    another: ``svg`` itself.
    """
    flat, own = rasterize(plain(svg), size), rasterize(svg, size)
    if _overlap(flat, own) < SAME_SHAPE:
        return "translucent paint"
    rendered = own if shaded is None else rasterize(shaded, size)
    if _overlap(rendered, own) < SAME_SHAPE:
        rendered = own
    flat, rendered = _by_hand([flat, rendered], random)
    parts = find_parts(flat)
    painted = parts.color[1:][parts.color[1:, 3] > 0, :3]
    if len(painted) == 0:
        return "nothing but ink"
    line = _line(parts, random)
    return Rendering(
        line=np.rint(line * 255).astype(np.uint8),
        fill=parts.color[parts.label],
        paints=tuple(sorted({(int(r), int(g), int(b)) for r, g, b in painted})),
        shaded=rendered,
    )


def _overlap(some: Pixels, other: Pixels) -> float:
    """Intersection over union of what two pictures paint; 0 where neither paints."""
    a, b = some[..., 3] > 127, other[..., 3] > 127
    return float((a & b).sum() / max(1, (a | b).sum()))


def _by_hand(pictures: list[Pixels], random: np.random.Generator) -> list[Pixels]:
    """``pictures`` (S, S, 4) moved by one smooth random field."""
    side = len(pictures[0])
    waves = random.standard_normal((2, WAVES, WAVES)).astype(np.float32)
    field = [cv2.resize(w, (side, side), interpolation=cv2.INTER_CUBIC) for w in waves]
    y, x = np.mgrid[:side, :side].astype(np.float32)
    reach = WARP * side / PAGE
    at = (x + reach * field[0], y + reach * field[1])
    moved = (cv2.remap(p, *at, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT) for p in pictures)
    return [np.asarray(p, np.uint8) for p in moved]


def _line(parts: Parts, random: np.random.Generator) -> Line:
    """(S, S) in [0, 1] the ink of ``parts``: heavier around the figure than within it."""
    side = len(parts.label)
    edge = boundaries(parts.label) & ~parts.thin
    outer = boundaries((parts.color[parts.label, 3] > 0).astype(np.int32))
    relative = np.where(edge, INNER, 0).astype(np.float32)
    relative[edge & outer] = 1
    relative[skeletonize(parts.thin)] = DETAIL
    width = random.uniform(*WIDTHS) * side / PAGE
    line = ink(with_width(relative, width, JITTER, random), antialias=True)
    return np.where(parts.solid, np.float32(0), line)
