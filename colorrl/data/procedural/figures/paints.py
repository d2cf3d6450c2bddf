"""Which colours the materials of a figure take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from colorrl.color import parse_hex

PAPER = (255, 255, 255, 0)
SKIN = ("#fbe0cf", "#f3c6a5", "#e0a57e", "#b5734c", "#7d4b32", "#5a3524", "#cfe3c0")
DARK = ("#2b2430", "#4a2f27", "#17324d", "#3a3a3a")
BRIGHT = (
    "#d94f4f", "#f08a3c", "#f5c945", "#8cc152", "#3d9a6c", "#4ab5c4", "#3f74c4", "#6b5bb5",
    "#b45fae", "#ef8fae", "#a8743f", "#d8c3a0", "#8f9aa5", "#ffffff",
)  # fmt: skip
CHOICES = {
    "skin": SKIN,
    "hair": (*DARK, "#7a4a2a", "#b8793c", "#e8c46a", "#c9483a", "#d8d8e0", "#e79ac0", "#6fa8dc"),
    "eye white": ("#ffffff",),
    "iris": ("#5a3a22", "#3b7a57", "#2f6fb0", "#8a5fb0", "#b03a3a"),
    "pupil": DARK,
    "lips": ("#c9505a", "#a03a4a", "#e88a8a"),
    "blush": ("#f2a6a0", "#e98f8f", "#f4b8c4"),
    "lens": ("#dff1f7", "#b9d3e6", "#4a4a55"),
    "frame": DARK,
    "belly": ("#fff3dc", "#f3e2c6", "#ffffff", "#e6eef5"),
    "horn": ("#e0b15a", "#f08a3c", "#8a7a68", "#4a3f3a"),
}


def paints(materials: Sequence[str], random: np.random.Generator) -> NDArray[np.uint8]:
    """(P, 4) RGBA of ``materials``, equal ones alike; "page" is unpainted."""
    color = {
        m: _opaque(str(random.choice(CHOICES.get(m, BRIGHT)))) for m in dict.fromkeys(materials)
    }
    return np.array([color[m] if m != "page" else PAPER for m in materials], np.uint8)


def _opaque(text: str) -> tuple[int, ...]:
    return (*(round(255 * c) for c in parse_hex(text)), 255)
