"""What a set of drawings offers so that it can be prepared. Each set is one module with a class
that does; `reader` in conf/data/NAME.yaml names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing before anything of it is read."""

    id: str  # its name in the prepared set; a slash makes a folder
    base: str  # what it is a variant of: val and test take one drawing of each base
    split: str | None = None  # where it must go; None = dealt with those that look alike
    # name of the drawing that it is a variant of, such as a skin tone: a step draws one of them
    variant_of: str | None = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """A drawing as pixels, line and colours registered to the pixel."""

    line: Pixels  # (H, W), 255 = paper
    fill: Pixels | None  # (H, W, 4) RGBA, its colours without the line; None = line art alone
    paints: tuple[tuple[int, int, int], ...] | None  # colours that flats may have; None = any
    # (H, W, 4) the same in shaded colour (채색), `fill` being flat; None: `fill` has what shading
    # there is
    shaded: Pixels | None = None
    whole: Pixels | None = None  # (H, W, 3) as its author drew it, where that is known
    label: NDArray[np.int32] | None = None  # (H, W) its regions, 0 = ink; None = read off the line
    backdrop: bool = False  # the picture may go on to the page's edge in colour


class Source(Protocol):
    """A set of drawings. Pickled into the processes that render."""

    @property
    def origin(self) -> str:
        """What the pixels depend on, such as package and version."""
        ...

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """All drawings, in a stable order. ``held_out`` is the share of val, and that of test,
        for a set that deals them itself. Raises ValueError or FileNotFoundError with a remedy.
        """
        ...

    def render(self, id: str, size: int) -> Rendering | str:
        """The drawing for a set of ``size`` px, or why it is left out.

        A set of vectors renders at ``size``; one of pictures gives them as they are, of any
        size. Raises ValueError naming a file that cannot be read.
        """
        ...
