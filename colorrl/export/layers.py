"""The flats of a page as one layer for each colour: what PSD and ORA hold below the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from colorrl.export.painted import Painted, Pixels, hex_of, region_boxes, swatches
from colorrl.palette.record import one_line


@dataclass(frozen=True, slots=True)
class ColorLayer:
    """One colour, opaque where ``alpha`` is 255, with its upper left corner on the page."""

    name: str
    color: tuple[int, int, int]
    left: int
    top: int
    alpha: Pixels  # (h, w), 0 or 255


def color_layers(page: Painted, *, from_below: bool = False) -> Iterator[ColorLayer]:
    """The layers of the colours that appear, in the order of ``swatches``, cut to what they cover.

    ``from_below`` turns the order round: one layer at a time is in memory either way. A layer is
    named after its swatch, or by its colour where the swatch has no name.
    """
    index, listed = swatches(page)
    place = index.astype(np.min_scalar_type(-1 - len(listed)))[page.region_index]
    box = np.array(region_boxes(page))
    for i, swatch in sorted(enumerate(listed), reverse=from_below, key=itemgetter(0)):
        own = box[index == i]
        if not len(own):
            continue
        left, top = own[:, :2].min(axis=0)
        right, bottom = own[:, 2:].max(axis=0)
        alpha = np.where(place[top:bottom, left:right] == i, 255, 0).astype(np.uint8)
        name = one_line(swatch.name) or hex_of(swatch.color)
        yield ColorLayer(name, swatch.color, int(left), int(top), alpha)
