"""Colours that palette files give in other spaces, as sRGB in [0, 1]. Out of gamut is clipped."""

from __future__ import annotations

import numpy as np

from colorrl.palette.record import RGB

# XYZ under D50, the white of Adobe's Lab, to linear sRGB, Bradford-adapted to D65.
# Source: Lindbloom, "RGB/XYZ matrices", brucelindbloom.com.
D50_TO_LINEAR = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)
D50 = np.array([0.96422, 1.0, 0.82521])
DELTA = 6 / 29  # where CIELAB's cube root turns into a line


def from_lab(lightness: float, a: float, b: float) -> RGB:
    """sRGB of CIELAB under D50, ``lightness`` in [0, 100]. Source: CIE 15:2004."""
    y = (lightness + 16) / 116
    f = np.array([y + a / 500, y, y - b / 200])
    xyz = D50 * np.where(f > DELTA, f**3, 3 * DELTA**2 * (f - 4 / 29))
    linear = np.clip(D50_TO_LINEAR @ xyz, 0, 1)
    r, g, b = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return float(r), float(g), float(b)


def from_cmyk(cyan: float, magenta: float, yellow: float, black: float) -> RGB:
    """sRGB of inks in [0, 1] without a print profile: each ink takes its share of the light.

    Photoshop shows what its own print profile makes of them, mostly duller.
    """
    light = 1 - black
    return (1 - cyan) * light, (1 - magenta) * light, (1 - yellow) * light
