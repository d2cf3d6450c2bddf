"""Sheets as people have them: a page corrected by hand, layers, any coloured picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.export import regions
from colorrl.images.folder import LAYERED, SUFFIXES, read_drawing
from colorrl.images.image import luma, over_white, strokes
from colorrl.pages.sheet.sheet import Sheet, colors_of, reduced
from colorrl.palette import Palette
from colorrl.regions.graph import Labels, background_id, components
from colorrl.regions.nearest import filled
from colorrl.regions.segment import part

# of a sheet that a generator sees as its palette
MOST_COLORS = 32
# of 255: colour that changes by less from pixel to pixel is flat (JPEG's noise is)
FLAT = 12
# darker flats than this, of 255, are ink
DARK = 48
# of 255: paper and nothing else
WHITE = 250
# share of the picture: smaller flats are the rims of lines
MIN_FLAT = 2e-5


def read_sheet(path: Path, line_layer: str | None, line_name: str) -> Sheet:
    """The sheet at ``path``:

    - NAME.regions.json: a page that colorize made, as it was corrected by hand;
    - a PSD or ORA: its line is the layer ``line_layer``, else one called ``line_name``, and a
      region gets the median of the picture in it; without such a layer it is a plain picture;
    - a picture: flats are what hardly changes from pixel to pixel, the line is what lies between
      them, and solid black is line.

    The paper around the drawing gives no colour if it is white. Raises OSError or ValueError naming
    the file if it cannot be read or shows no colour.
    """
    if path.name.endswith(regions.JSON):
        page = regions.read(path)
        background = background_id(page.region_index)
        return _colored(
            Sheet(luma(page.line), page.region_index, page.colors, page.bare, background), path
        )
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: a sheet is a NAME{regions.JSON}, a picture, a PSD or an ORA")
    picture = _rgb(read_drawing(path))
    line = _line_layer(path, line_layer, line_name)
    return _colored(of_picture(picture) if line is None else of_layers(*line, picture), path)


def _colored(sheet: Sheet, path: Path) -> Sheet:
    """``sheet`` as matching reads it. Raises ValueError if it shows fewer than two colours."""
    if not sheet.bare.all() and len(np.unique(sheet.colors[~sheet.bare], axis=0)) > 1:
        return reduced(sheet)
    raise ValueError(f"{path}: shows no colours; a sheet is a coloured drawing with dark lines")


def palette_of(sheet: Sheet | None) -> Palette | None:
    """The colours of ``sheet``, the largest area first, without names."""
    if sheet is None:
        return None
    colors = torch.from_numpy(colors_of(sheet, MOST_COLORS) / np.float32(255))
    return Palette(colors, ("",) * len(colors))


def _rgb(drawing: NDArray[np.uint8]) -> NDArray[np.uint8]:
    paper = over_white(drawing)
    return paper.repeat(3, axis=2) if paper.shape[2] == 1 else paper


def _line_layer(
    path: Path, line_layer: str | None, line_name: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """``luma`` and ``strokes`` of the layer with the line, None where there is none."""
    if path.suffix.lower() not in LAYERED:
        return None
    try:
        drawing = read_drawing(path, line_layer or line_name)
    except ValueError:
        if line_layer is not None:
            raise
        return None
    return luma(drawing), strokes(drawing)


def of_layers(
    line: NDArray[np.float32], ink: NDArray[np.float32], picture: NDArray[np.uint8]
) -> Sheet:
    """A sheet from its line (H, W), 1 = paper, twice as segmentation and matching read it, and the
    ``picture`` (H, W, 3) with both."""
    found = part(ink)
    colors, bare = medians(picture, found.label.numpy(), found.background)
    return Sheet(line, found.region_index.numpy(), colors, bare, found.background)


def of_picture(picture: NDArray[np.uint8]) -> Sheet:
    """A sheet from a coloured ``picture`` (H, W, 3)."""
    label = flats(picture)
    region_index = filled(label)
    background = background_id(region_index)
    colors, bare = medians(picture, label, background)
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fill = cv2.cvtColor(colors[None], cv2.COLOR_RGB2GRAY)[0].astype(np.float32)
    # what multiplied with the flats gives the picture
    line = np.where(label > 0, 1, np.clip(gray / np.maximum(fill[region_index], 1), 0, 1))
    return Sheet(line.astype(np.float32), region_index, colors, bare, background)


def flats(picture: NDArray[np.uint8]) -> Labels:
    """(H, W) the areas of ``picture`` (H, W, 3) that hardly change, 1 to R; 0 between them."""
    box = np.ones((3, 3), np.uint8)
    span = cv2.dilate(picture, box).astype(np.int16) - cv2.erode(picture, box)
    calm = (span.max(2) <= FLAT) & (picture.max(2) > DARK)
    label = components(calm)
    keep = np.bincount(label.ravel()) >= max(9, MIN_FLAT * label.size)
    keep[0] = False
    return np.where(keep, np.cumsum(keep), 0).astype(np.int32)[label]


def medians(
    picture: NDArray[np.uint8], label: Labels, background: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(R+1, 3) the median colour of each region, and (R+1,) True for nobody's and white ground."""
    flat, n = label.ravel(), int(label.max()) + 1
    order = np.argsort(flat, kind="stable")
    start = np.searchsorted(flat[order], np.arange(n + 1))
    colors = np.full((n, 3), 255, np.uint8)
    pixels = picture.reshape(-1, 3)[order]
    for region in range(1, n):
        colors[region] = np.median(pixels[start[region] : start[region + 1]], axis=0)
    bare = np.zeros(n, bool)
    bare[0] = True
    bare[background] |= colors[background].min() >= WHITE
    return colors, bare
