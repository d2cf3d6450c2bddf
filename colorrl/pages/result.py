"""A drawing in colours, as the Python interface gives it: arrays, layers, scores, files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorrl.export import formats
from colorrl.export.composite import composite
from colorrl.export.layers import ColorLayer, color_layers
from colorrl.export.painted import Painted, Pixels, flats

# kinds of files that name the line art, and need one
NEEDS_FILE = "regions"
SHOWN = 1024


@dataclass(frozen=True, slots=True, repr=False)
class Colored:
    """One drawing of R regions in colours. H x W are the drawing's own pixels."""

    page: Painted

    def __repr__(self) -> str:
        (height, width), n = self.regions.shape, len(self.colors) - 1
        return f"Colored({width} x {height} px, {n} regions, {len(self.layers)} colours)"

    def _repr_png_(self) -> bytes:
        """What a notebook shows: the composite, at most SHOWN px along its longer side."""
        image, data = Image.fromarray(self.composite), io.BytesIO()
        image.thumbnail((SHOWN, SHOWN))
        image.save(data, format="PNG")
        return data.getvalue()

    @property
    def flats(self) -> Pixels:
        """(H, W, 4) sRGB and alpha: one colour for each region, see-through where paper shows."""
        return flats(self.page)

    @property
    def composite(self) -> Pixels:
        """(H, W, 3) sRGB: the line multiplied over the flats."""
        return composite(self.page)

    @property
    def regions(self) -> NDArray[np.int32]:
        """(H, W) the id of the region that owns each pixel, 0 = nobody's."""
        return self.page.region_index

    @property
    def colors(self) -> Pixels:
        """(R+1, 3) sRGB of each region, by id; see ``bare`` for those that show none."""
        return self.page.colors

    @property
    def bare(self) -> NDArray[np.bool_]:
        """(R+1,) True where the paper shows."""
        return self.page.bare

    @property
    def confidence(self) -> NDArray[np.float32]:
        """(R+1,) in [0, 1]: agreement of the other samples, or that of a match with the sheet."""
        return self.page.confidence

    @property
    def layers(self) -> list[ColorLayer]:
        """The flats as one layer for each colour, as PSD and ORA have them."""
        return list(color_layers(self.page))

    @property
    def score(self) -> float | None:
        """Its reference-free reward; None for n=1."""
        return self.page.score

    @property
    def scores(self) -> list[float]:
        """Those of the n colourings, best first; empty for n=1."""
        return [a.score for a in self.page.alternatives if a.score is not None]

    @property
    def alternatives(self) -> list[Colored]:
        """The n colourings, best first, each with its own confidence and score."""
        return [Colored(self.page.instead(other)) for other in self.page.alternatives]

    def save(self, stem: str | Path, export: Sequence[str] = ("flats", "composite")) -> list[Path]:
        """Files of the kinds ``export`` (as `colorrl colorize` has them), named from ``stem`` on.

        Replaces what is there. Raises ValueError for an unknown kind, for regions of a drawing
        that was not read from a file, and for matches where neither sheet nor hints were given.
        """
        if isinstance(export, str):
            raise TypeError(f"export={export!r}: give a list, [{export!r}]")
        unknown = [kind for kind in export if kind not in formats.FORMATS]
        if unknown:
            raise ValueError(f"no kind {unknown[0]!r}; there are {', '.join(formats.FORMATS)}")
        if NEEDS_FILE in export and not self.page.source.sha:
            raise ValueError("regions.json names the line art's file: colour a file, no array")
        if "matches" in export and self.page.match is None and "hint" not in self.page.by:
            raise ValueError("matches show what sheet and hints decided: colour with one of them")
        formats.write(export, Path(stem), self.page)
        return formats.files_of(export, Path(stem))
