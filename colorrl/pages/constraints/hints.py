"""Hints: the colours that a person gives some regions of a page, or that they stay paper.

They lie beside the page ``NAME.png``, or at the same place below ``hints=FOLDER``:

- ``NAME.hints.png``, as large as the page and transparent but for dots and strokes. Each region
  that a stroke touches gets exactly its colour; pure white leaves the region bare. What is much
  fainter than the strongest stroke is not read, and noted.
- ``NAME.hints.json``, with either key or both, or the list of points alone:
  ``{"points": [{"x": 120, "y": 80, "colour": "#d22f27"}], "regions": {"7": null}}``. Places are
  pixels from the upper left corner, ids those of NAME.regions.json and `colorrl regions`. null
  leaves a region bare; white is white paint here.

Of several hints in one region the one with most pixels decides (a point has one), and the others
are noted. A hint on a line belongs to the region that owns that pixel of the line. Ids go before
pixels.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorrl.color import parse_hex
from colorrl.config.typed import build
from colorrl.export.hint_files import PNG
from colorrl.export.painted import hex_of
from colorrl.images.folder import read_rgba

# of the strongest alpha: what is fainter is the soft rim of a stroke, whose colour is not the one
# that was meant; a layer of low opacity is faint all over
OPAQUE = 0.98
FAINTEST = 26  # alpha below it is nothing: 8 bits hold no colour there
MANY_FAINT = 9  # pixels in a region without a hint that are worth a note
# colours of a picture of hints; more are shading, and each is looked for in every region
MOST_COLORS = 256
Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Point:
    """One row of NAME.hints.json."""

    x: float  # pixels
    y: float
    colour: str | None  # #rrggbb; None = stays bare


@dataclass(frozen=True, slots=True)
class Hints:
    """What is given by hand: of pixels and of region ids. None = the paper shows."""

    pixels: tuple[tuple[Color | None, NDArray[np.int64]], ...]  # (P, 2) rows and columns each
    regions: dict[int, Color | None]
    faint: tuple[NDArray[np.int64], ...] = ()  # (P, 2) of pixels that were too faint to be read

    def on(self, region_index: NDArray[np.int32]) -> tuple[dict[int, Color | None], list[str]]:
        """What each hinted region of ``region_index`` (H, W) is to get; notes on hints that lost.

        Raises ValueError for an id that the page does not have.
        """
        n = int(region_index.max()) + 1
        absent = [region for region in self.regions if not 0 < region < n]
        if absent:
            raise ValueError(f"hints: there is no region {absent[0]}, the page has 1 to {n - 1}")
        counts = np.zeros((len(self.pixels), n), np.int64)
        for row, (_, at) in zip(counts, self.pixels, strict=True):
            row[:] = np.bincount(region_index[at[:, 0], at[:, 1]], minlength=n)
        counts[:, 0] = 0
        hinted: dict[int, Color | None] = {}
        notes = []
        for region in np.flatnonzero(counts.any(0)).tolist():
            order = np.argsort(-counts[:, region], kind="stable")
            hinted[region] = self.pixels[order[0]][0]
            losers = [self.pixels[i][0] for i in order[1:] if counts[i, region]]
            if losers:
                lost = ", ".join(map(named, losers))
                notes.append(
                    f"region {region}: hint {named(hinted[region])} covers more than {lost}"
                )
        return hinted | self.regions, notes + self._faint(region_index, {0, *hinted, *self.regions})

    def _faint(self, region_index: NDArray[np.int32], given: set[int]) -> list[str]:
        """Notes on regions with none of the hints ``given``, but with traces of one."""
        if not self.faint:
            return []
        at = np.concatenate(self.faint)
        counts = np.bincount(region_index[at[:, 0], at[:, 1]])
        found = [r for r in np.flatnonzero(counts >= MANY_FAINT).tolist() if r not in given]
        return [
            f"region {region}: a hint is too faint beside the others, draw all of them with one "
            "opacity, at best 100 %"
            for region in found
        ]


def named(colour: Color | None) -> str:
    """#rrggbb or blank."""
    return "blank" if colour is None else hex_of(colour)


def read_hints(files: Sequence[Path], shape: tuple[int, ...]) -> Hints:
    """The hints in ``files`` for a page of ``shape`` (H, W).

    Raises OSError or ValueError, naming the file, for what cannot be read or does not fit.
    """
    pixels: list[tuple[Color | None, NDArray[np.int64]]] = []
    regions: dict[int, Color | None] = {}
    faint = []
    for file in files:
        if file.name.lower().endswith(PNG):
            rgba = _drawn(file, shape)
            strong = rgba[..., 3] >= max(OPAQUE * rgba[..., 3].max(), FAINTEST)
            pixels += _strokes(file, rgba, strong)
            faint.append(np.argwhere((rgba[..., 3] >= FAINTEST) & ~strong))
            continue
        try:
            points, named_regions = _parsed(file)
            pixels += [_pixel(point, shape) for point in points]
            regions |= named_regions
        except ValueError as fault:
            raise ValueError(f"{file}: {fault}") from None
    return Hints(tuple(pixels), regions, tuple(faint))


def _drawn(file: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """(H, W, 4) of the page's own ``shape``."""
    rgba = read_rgba(file)
    if rgba.shape[:2] != tuple(shape[:2]):
        size, page = (f"{s[1]} x {s[0]}" for s in (rgba.shape, shape))
        raise ValueError(f"{file}: is {size} px, its page {page}: save it as large as the page")
    if (rgba[..., 3] >= FAINTEST).all():
        raise ValueError(f"{file}: has no transparent ground: draw hints on a layer of their own")
    return rgba


def _strokes(
    file: Path, rgba: NDArray[np.uint8], shown: NDArray[np.bool_]
) -> Iterator[tuple[Color | None, NDArray[np.int64]]]:
    at = np.argwhere(shown)
    colors, index = np.unique(rgba[shown][:, :3], axis=0, return_inverse=True)
    if len(colors) > MOST_COLORS:
        raise ValueError(
            f"{file}: has {len(colors)} colours, at most {MOST_COLORS} are read: draw hints with "
            "a hard brush, without shading"
        )
    for i, colour in enumerate(colors.tolist()):
        r, g, b = colour
        yield (None if min(colour) == 255 else (r, g, b)), at[index.ravel() == i]


def _parsed(file: Path) -> tuple[list[Point], dict[int, Color | None]]:
    content: Any = json.loads(file.read_text(encoding="utf-8-sig"))
    if isinstance(content, list):
        content = {"points": content}
    if not isinstance(content, dict) or not isinstance(content.get("regions", {}), dict):
        raise ValueError('it holds {"points": [..], "regions": {..}}')
    unknown = set(content) - {"points", "regions"}
    if unknown:
        raise ValueError(f"unknown {unknown.pop()!r}: it holds points and regions")
    points: list[Point] = build(list[Point], content.get("points", []), "points")
    regions = content.get("regions", {})
    for key in regions:
        if not str(key).isdecimal():
            raise ValueError(f"regions.{key}: region ids are numbers, as in NAME.regions.json")
    return points, {int(key): _color(text, f"regions.{key}") for key, text in regions.items()}


def _pixel(point: Point, shape: tuple[int, ...]) -> tuple[Color | None, NDArray[np.int64]]:
    if not (math.isfinite(point.x) and math.isfinite(point.y)):
        raise ValueError(f"point {point.x}, {point.y} is no place")
    row, column = int(point.y), int(point.x)
    if not (0 <= row < shape[0] and 0 <= column < shape[1]):
        raise ValueError(f"point {point.x:g}, {point.y:g} lies outside the page")
    return _color(point.colour, "points"), np.array([[row, column]])


def _color(text: str | None, where: str) -> Color | None:
    if text is None:
        return None
    try:
        r, g, b = parse_hex(text)
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"{where}: {text!r} is no #rrggbb colour, nor null for blank") from None
    return round(255 * r), round(255 * g), round(255 * b)
