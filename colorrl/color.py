"""Colour spaces and differences as functions of tensors: sRGB, CIELAB (D65).

sRGB lies in [0, 1], L* in [0, 100]. All is differentiable and runs on the device of its input.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

_Matrix = Sequence[Sequence[float]]

# IEC 61966-2-1: linear sRGB -> XYZ under D65. Rows are divided by their sum before use, so that
# white is exactly (1, 1, 1).
_XYZ: _Matrix = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_LAB: _Matrix = ((0.0, 116.0, 0.0), (500.0, -500.0, 0.0), (0.0, 200.0, -200.0))
_DELTA = 6 / 29  # where CIELAB's cube root turns into a line


def srgb_to_lab(rgb: Tensor, dim: int) -> Tensor:
    """CIELAB (D65) of sRGB, both with their channels on axis ``dim``. Source: CIE 15:2004."""
    xyz = _mix(_srgb_to_linear(rgb), _white_scaled(), dim)
    root = xyz.clamp(min=_DELTA**3).pow(1 / 3)
    f = torch.where(xyz > _DELTA**3, root, xyz / (3 * _DELTA**2) + 4 / 29)
    return _mix(f, _LAB, dim) - _offset(f, dim)


def lab_to_srgb(lab: Tensor, dim: int) -> Tensor:
    """sRGB of CIELAB (D65), channels on axis ``dim``; out-of-gamut colours leave [0, 1]."""
    f = _mix(lab + _offset(lab, dim), _inverse(_LAB), dim)
    xyz = torch.where(f > _DELTA, f.pow(3), 3 * _DELTA**2 * (f - 4 / 29))
    return _linear_to_srgb(_mix(xyz, _inverse(_white_scaled()), dim))


def delta_e_76(lab_a: Tensor, lab_b: Tensor) -> Tensor:
    """Euclidean CIELAB distance over the last axis (..., 3) -> (...), in dE. Broadcasts."""
    # The tiny constant keeps the gradient finite where the colours are equal.
    return ((lab_a - lab_b).square().sum(-1) + 1e-12).sqrt()


def delta_e_2000(lab_a: Tensor, lab_b: Tensor) -> Tensor:
    """CIEDE2000 over the last axis (..., 3) -> (...), in dE. Broadcasts.

    Source: Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula", 2005, equations 2 to 22.
    """
    (l1, a1, b1), (l2, a2, b2) = _off_gray(lab_a), _off_gray(lab_b)
    c_mean = (torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2
    g = 1.5 - 0.5 * _pull(c_mean)
    a1, a2 = g * a1, g * a2
    c1, c2 = torch.hypot(a1, b1), torch.hypot(a2, b2)
    dh, h_mean = _hues(torch.atan2(b1, a1), torch.atan2(b2, a2), c1.minimum(c2) > 1e-5)
    d_hue = 2 * (c1 * c2 + 1e-12).sqrt() * (dh / 2).sin()
    c_mean, l_mean = (c1 + c2) / 2, ((l1 + l2) / 2 - 50).square()
    s_l = 1 + 0.015 * l_mean / (20 + l_mean).sqrt()
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * _hue_weight(h_mean)
    x, y, z = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    return (x * x + y * y + z * z + _rotation(h_mean, c_mean) * y * z + 1e-12).clamp(min=0).sqrt()


def parse_hex(text: str) -> tuple[float, float, float]:
    """sRGB in [0, 1] of "#ff0000", "ff0000" or "#f00". Raises ValueError for anything else."""
    digits = text.strip().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * d for d in digits)
    if len(digits) != 6 or not all(d in "0123456789abcdefABCDEF" for d in digits):
        raise ValueError(f"{text[:40]!r} is no colour: write it as #rrggbb, for example #ff8800")
    r, g, b = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return r, g, b


def to_hex(rgb: Tensor) -> str:
    """ "#rrggbb" of one sRGB colour (3,), clipped to [0, 1]."""
    return "#" + "".join(f"{round(255 * c):02x}" for c in rgb.clamp(0, 1).tolist())


def _srgb_to_linear(rgb: Tensor) -> Tensor:
    curve = ((rgb.clamp(min=0.04) + 0.055) / 1.055).pow(2.4)
    return torch.where(rgb > 0.04045, curve, rgb / 12.92)


def _linear_to_srgb(linear: Tensor) -> Tensor:
    curve = 1.055 * linear.clamp(min=0.003).pow(1 / 2.4) - 0.055
    return torch.where(linear > 0.0031308, curve, 12.92 * linear)


def _mix(values: Tensor, matrix: _Matrix, dim: int) -> Tensor:
    """``matrix`` times the three channels on axis ``dim``."""
    a, b, c = values.unbind(dim)
    return torch.stack([x * a + y * b + z * c for x, y, z in matrix], dim)


def _white_scaled() -> _Matrix:
    return [[value / sum(row) for value in row] for row in _XYZ]


def _inverse(matrix: _Matrix) -> _Matrix:
    return torch.tensor(matrix, dtype=torch.float64).inverse().tolist()


def _offset(like: Tensor, dim: int) -> Tensor:
    """(16, 0, 0) on axis ``dim``: L* = 116 f - 16."""
    shape = [1] * like.ndim
    shape[dim] = 3
    return like.new_tensor([16.0, 0.0, 0.0]).view(shape)


def _off_gray(lab: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """L, a, b with exact greys moved by 1e-6 in a: chroma and hue have no gradient there."""
    l_star, a, b = lab.unbind(-1)
    return l_star, torch.where(a.abs() + b.abs() < 1e-6, 1e-6, a), b


def _pull(chroma: Tensor) -> Tensor:
    """sqrt(c^7 / (c^7 + 25^7)), written so that fp32 does not overflow."""
    ratio = (chroma / 25).pow(7)
    return (ratio / (ratio + 1) + 1e-12).sqrt()


def _hues(h1: Tensor, h2: Tensor, colored: Tensor) -> tuple[Tensor, Tensor]:
    """Signed hue step and mean hue in radians, both the short way round; greys have no hue."""
    step = h2 - h1
    step = step - 2 * math.pi * torch.round(step / (2 * math.pi))
    return torch.where(colored, step, 0.0), torch.where(colored, h1 + step / 2, h1 + h2)


def _hue_weight(h: Tensor) -> Tensor:
    return (
        1
        - 0.17 * (h - math.radians(30)).cos()
        + 0.24 * (2 * h).cos()
        + 0.32 * (3 * h + math.radians(6)).cos()
        - 0.20 * (4 * h - math.radians(63)).cos()
    )


def _rotation(h: Tensor, chroma: Tensor) -> Tensor:
    """The blue region's rotation term; the mean hue counts from 0 to 360 degrees here."""
    degrees = torch.rad2deg(h) % 360
    theta = math.radians(30) * torch.exp(-(((degrees - 275) / 25).square()))
    return -2 * _pull(chroma) * (2 * theta).sin()
