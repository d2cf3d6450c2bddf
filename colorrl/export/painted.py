"""A coloured page at full size: all that its files are made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from colorrl.color import parse_hex
from colorrl.config.schema.pages import LayerNames
from colorrl.images.image import Drawing
from colorrl.images.notes import Note

Pixels = NDArray[np.uint8]
WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a page's line art is, and which of its layers."""

    page: str  # path below the input folder, with forward slashes
    path: Path
    sha: str  # sha256 of the file
    line_layer: str | None
    url: str | None = None  # if its results lie in another store; None = beside them somewhere


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour with its name, "" where it has none."""

    color: tuple[int, int, int]  # sRGB, 0..255
    name: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of several colourings of a page."""

    colors: Pixels  # (R+1, 3) sRGB
    confidence: NDArray[
        np.float32
    ]  # (R+1,) in [0, 1], that other samples agree; NaN = not measured
    score: float | None  # of the reference-free reward, None = not asked for


@dataclass(frozen=True, slots=True)
class Painted:
    """One page: the line as drawn, which region owns each pixel, each region's colour."""

    source: Source
    line: Drawing  # (H, W, C), dark on white
    region_index: NDArray[np.int32]  # (H, W) region ids, 0 = nobody's
    colors: Pixels  # (R+1, 3) sRGB
    bare: NDArray[np.bool_]  # (R+1,) True = the paper shows; always True for id 0
    confidence: NDArray[np.float32]  # (R+1,) in [0, 1], NaN = not measured
    palette: tuple[Swatch, ...]  # fixes the order of colours; empty = largest area first
    layers: LayerNames
    by: tuple[str, ...] = ()  # R+1, who decided: generator, hint, sheet, paper (a rule)
    match: NDArray[np.float32] | None = None  # (R+1,) in [0, 1], of the sheet; None = no sheet
    notes: tuple[Note, ...] = ()  # what a person should know of the page
    score: float | None = None  # of the reference-free reward, None = not asked for
    alternatives: tuple[Alternative, ...] = ()  # all that it was chosen from, best first
    original: Drawing | None = None  # as it came, where ``line`` is something else
    tone: NDArray[np.bool_] | None = None  # (H, W) where ``line`` is tone or hatching
    drop_blue: bool = False  # ``line`` is what ``original`` is without blue pencil
    trace_lines: bool = False  # lines are shown in the colour of the fill that they bound

    def instead(self, other: Alternative) -> Painted:
        """The page in the colours of one of its alternatives."""
        return replace(self, colors=other.colors, confidence=other.confidence, score=other.score)


def as_bytes(colors: NDArray[np.float32]) -> Pixels:
    """sRGB in [0, 1] as 0..255, rounded; what lies outside is clipped."""
    return np.rint(np.clip(colors, 0, 1) * 255).astype(np.uint8)


def flats(page: Painted) -> Pixels:
    """(H, W, 4): each pixel in its region's colour, see-through where the paper shows."""
    alpha = np.where(page.bare, 0, 255).astype(np.uint8)
    table = np.column_stack([np.where(page.bare[:, None], WHITE, page.colors), alpha])
    # one lookup of 4 bytes in place of four of one
    packed = np.ascontiguousarray(table, np.uint8).view(np.uint32)[:, 0]
    return packed[page.region_index].view(np.uint8).reshape(*page.region_index.shape, 4)


def line_and_tone(page: Painted) -> tuple[Drawing, Drawing | None]:
    """The line without its tone and the tone, which multiplied are the line; None: it has none."""
    if page.tone is None:
        return page.line, None
    blank = np.full(page.line.shape[2], 255, np.uint8)
    if page.line.shape[2] in (2, 4):
        blank[-1] = 0
    tone = page.tone[..., None]
    return np.where(tone, blank, page.line), np.where(tone, page.line, blank)


def rgba(line: Drawing) -> Pixels:
    """(H, W, 4): ``line`` (H, W, C) as layers hold it."""
    alpha = np.full((*line.shape[:2], 1), 255, np.uint8)
    if line.shape[2] in (2, 4):
        line, alpha = line[..., :-1], line[..., -1:]
    return np.concatenate([line.repeat(3, axis=2) if line.shape[2] == 1 else line, alpha], axis=2)


def swatches(page: Painted) -> tuple[NDArray[np.int64], list[Swatch]]:
    """(R+1,) each region's place in a list of colours, -1 for the paper's, and that list.

    First ``page.palette``, used or not, so that a place means the same colour on every page;
    then what else appears, the largest area first.
    """
    area = region_areas(page)
    total: dict[tuple[int, ...], int] = {}
    for region in np.flatnonzero(~page.bare & (area > 0)):
        color = tuple(page.colors[region].tolist())
        total[color] = total.get(color, 0) + int(area[region])
    listed = list({swatch.color: swatch for swatch in page.palette}.values())
    known = {swatch.color for swatch in listed}
    others = sorted(total.keys() - known, key=lambda color: (-total[color], color))
    listed += [Swatch((r, g, b), "") for r, g, b in others]
    place = {swatch.color: index for index, swatch in enumerate(listed)}
    colors = map(tuple, page.colors.tolist())
    index = [-1 if bare else place.get(c, -1) for c, bare in zip(colors, page.bare, strict=True)]
    return np.array(index, np.int64), listed


def region_areas(page: Painted) -> NDArray[np.int64]:
    """(R+1,) pixels of each region, those under the line counted in."""
    # row by row: bincount makes a wide copy of what it counts
    n = len(page.colors)
    return sum((np.bincount(row, minlength=n) for row in page.region_index), np.zeros(n, np.int64))


def region_boxes(page: Painted) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom of each of the R+1 regions in pixels, the last two outside."""
    found = find_objects(page.region_index, max_label=max(1, len(page.colors) - 1))
    spans = [
        (0, 0, 0, 0) if s is None else (s[1].start, s[0].start, s[1].stop, s[0].stop) for s in found
    ]
    return [(0, 0, 0, 0), *spans][: len(page.colors)]


def rgb_of(text: str) -> tuple[int, int, int]:
    """sRGB 0..255 of #rrggbb. Raises ValueError."""
    r, g, b = (round(255 * channel) for channel in parse_hex(text))
    return r, g, b


def hex_of(color: tuple[int, int, int] | Pixels) -> str:
    """#rrggbb."""
    return "#" + bytes(int(c) for c in color).hex()
