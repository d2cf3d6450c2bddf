"""A coloured page as one picture."""

from __future__ import annotations

import cv2
import numpy as np

from colorrl.export.painted import WHITE, Painted, Pixels, line_and_tone
from colorrl.export.trace import traced

STRIP = 256  # rows worked on together: memory


def composite(page: Painted) -> Pixels:
    """(H, W, 3): the line over the flats on white paper: multiplied, or in colours of its own."""
    over = traced(page) if page.trace_lines else None
    tone = line_and_tone(page)[1] if page.trace_lines else None
    table = np.where(page.bare[:, None], WHITE, page.colors).astype(np.uint8)
    picture = np.empty((*page.region_index.shape, 3), np.uint8)
    for top in range(0, len(picture), STRIP):
        rows = slice(top, top + STRIP)
        flat = table[page.region_index[rows]]
        if over is None:
            picture[rows] = _multiplied(page.line[rows], flat)
            continue
        flat = _laid(over[rows], flat)
        picture[rows] = flat if tone is None else _multiplied(tone[rows], flat)
    return picture


def _laid(over: Pixels, flat: Pixels) -> Pixels:
    """(h, W, 3): ``over`` (h, W, 4) on ``flat`` (h, W, 3)."""
    alpha = over[..., 3:].astype(np.uint16)
    return ((over[..., :3] * alpha + flat * (255 - alpha) + 127) // 255).astype(np.uint8)


def _multiplied(line: Pixels, flat: Pixels) -> Pixels:
    """(h, W, 3): ``line`` (h, W, C) over ``flat`` (h, W, 3)."""
    color, levels = line, 255
    if color.shape[2] in (2, 4):
        alpha = color[..., -1:].astype(np.uint16)
        color, levels = color[..., :-1] * alpha + 255 * (255 - alpha), 255 * 255
        flat = flat.astype(np.uint16)
    color = color.repeat(3, axis=2) if color.shape[2] == 1 else color
    product = cv2.multiply(flat, color, scale=1 / levels, dtype=cv2.CV_8U)
    return product.astype(np.uint8, copy=False)
