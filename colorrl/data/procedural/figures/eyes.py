"""The eyes of creatures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from colorrl.data.procedural.figures.frame import Frame
from colorrl.data.procedural.figures.part import Part


def eyes(
    at: Frame, places: Sequence[tuple[float, float]], r: float, random: np.random.Generator
) -> Iterator[Part]:
    """Eyes of half width ``r`` at ``places``, which look the same way."""
    look = random.uniform(-0.3, 0.3) * r
    for x, y in places:
        yield Part("eye white", at.ellipse(x, y, r, 1.15 * r))
        yield Part("pupil", at.ellipse(x + look, y + 0.1 * r, 0.5 * r, 0.6 * r), clipped=True)
