"""One part of a figure: an outline, what it is made of, and the strokes drawn on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from colorrl.data.procedural.figures.curves import Curve


@dataclass(frozen=True, slots=True)
class Part:
    """Painted over the parts before it, or within the last of them if ``clipped``.

    Parts of one ``material`` (skin, hair, cloth, ...) have one colour. ``cells``: so many
    patches divide the part, as on a tortoise or a quilt. ``lines`` end in the middle of it: folds,
    strands, a mouth.
    """

    material: str
    outline: Curve
    clipped: bool = False
    lines: Sequence[Curve] = ()
    cells: int = 0


def coat(random: np.random.Generator) -> int:
    """``cells`` of a creature's body: four of ten are patched."""
    return int(random.integers(6, 15)) if random.random() < 0.4 else 0
