"""The paper of a drawing: its colour all over the page, and the drawing on white in its place.

Light falls off slowly, so that the paper's level is a smooth surface (a polynomial of the place);
a grey fill has an edge, is no part of it, and stays. What is left of the paper is its grain, which
the threshold of the ink has to pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Channel = NDArray[np.uint8]
Level = NDArray[np.float32]
Cell = tuple[int, int, int, int]  # top, bottom, left, right in pixels

CELLS = 48  # cells along the longer side in which the paper's level is read
DEGREE = 3  # of the surface
# of a cell's pixels, the share that may be ink without hiding the paper
SEEN = 75
# a cell that much darker than the surface (share of it) shows no paper
OFF = 0.06
ROUNDS = 12
# paper is white if that share of the cells at the page's rim is as bright as this,
WHITE_RIM, WHITE = 0.6, 0.985
# or if its surface is nowhere darker than this; and clean if its grain is no stronger
WHITE_PAPER, FINE_GRAIN = 0.97, 0.012
# px of the longer side at which the surface is evaluated before it is enlarged
SURFACE = 64
# of white: where the paper's level comes to lie, so that grain brighter than it is not cut off
HEADROOM = 0.86


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper of one channel."""

    surface: Level  # (h, w) coarse, in [0, 1]
    grain: float  # standard deviation of its pixels, as a share of its level

    @property
    def is_white(self) -> bool:
        return bool(self.surface.min() >= WHITE_PAPER and self.grain <= FINE_GRAIN)


def paper_of(channel: Channel) -> Paper:
    """The paper of ``channel`` (H, W)."""
    h, w = channel.shape
    coefficient = _flat(1.0) if _white_rim(channel) else _fitted(*_levels(channel, _cells(h, w)))
    scale = SURFACE / max(h, w)
    rows, columns = max(2, round(h * scale)), max(2, round(w * scale))
    y, x = np.indices((rows, columns))
    place = np.stack([(y.ravel() + 0.5) / rows, (x.ravel() + 0.5) / columns], 1)
    surface = (_terms(place) @ coefficient).reshape(rows, columns)
    level_of = np.asarray(surface.clip(0.05, 1), np.float32)
    return Paper(level_of, _grain(channel, level_of))


def over_paper(channel: Channel, paper: Paper) -> Channel:
    """``channel`` (H, W) over its ``paper``, which comes to HEADROOM of white: so grain is kept."""
    out = np.empty_like(channel)
    h, w = channel.shape
    rows = max(1, 2**22 // w)
    for top in range(0, h, rows):
        band = slice(top, min(top + rows, h))
        level = _at(paper.surface, (band.start, band.stop), (h, w)) * np.float32(255)
        over = cv2.divide(channel[band].astype(np.float32), level, scale=255 * HEADROOM)
        out[band] = np.rint(over.clip(0, 255))
    return out


def _white_rim(channel: Channel) -> bool:
    """Whether the page is white at its rim: then all of it is, and pale fills are no shadow."""
    h, w = channel.shape
    cells = _cells(h, w)
    edge = [c for c in cells if c[0] == 0 or c[1] == h or c[2] == 0 or c[3] == w]
    return bool((_levels(channel, edge)[1] >= WHITE).mean() >= WHITE_RIM)


def _cells(h: int, w: int) -> list[Cell]:
    """The cells of a page of ``h`` x ``w`` px."""
    side = max(4, max(h, w) / CELLS)
    ys = np.linspace(0, h, max(1, round(h / side)) + 1).astype(int).tolist()
    xs = np.linspace(0, w, max(1, round(w / side)) + 1).astype(int).tolist()
    return [(y0, y1, x0, x1) for y0, y1 in pairwise(ys) for x0, x1 in pairwise(xs)]


def _levels(channel: Channel, cells: list[Cell]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N, 2) the middles of ``cells``, in [0, 1], and (N,) how bright the bright part of each is.

    Of a large page every few rows and columns are looked at.
    """
    h, w = channel.shape
    step = max(1, int(max(4, max(h, w) / CELLS) / 32))
    at = [((y0 + y1) / 2 / h, (x0 + x1) / 2 / w) for y0, y1, x0, x1 in cells]
    level = [np.percentile(channel[y0:y1:step, x0:x1:step], SEEN) / 255 for y0, y1, x0, x1 in cells]
    return np.array(at), np.array(level)


def _flat(level: float) -> NDArray[np.float64]:
    """(T,) coefficients of a surface that is ``level`` everywhere."""
    few = np.zeros(_terms(np.zeros((1, 2))).shape[1])
    few[0] = level
    return few


def _terms(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, T) the monomials of ``place`` (N, 2) up to DEGREE."""
    y, x = (2 * place - 1).T
    powers = [(i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)]
    return np.stack([y**i * x**j for i, j in powers], 1)


def _fitted(at: NDArray[np.float64], level: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) coefficients of the surface through the cells that show paper: the brightest layer.

    It starts from a plane level and lets cells in as far as the surface comes to explain them.
    """
    terms = _terms(at)
    few = _flat(float(np.percentile(level, 80)))
    fit = np.full(len(level), few[0])
    used = np.zeros(len(level), bool)
    for round_ in range(ROUNDS):
        off = OFF * (1 + 4 * max(0, ROUNDS // 2 - round_) / ROUNDS)
        before, used = used, np.abs(level - fit) <= off * np.maximum(fit, 0.05)
        if used.sum() < 3 * terms.shape[1]:
            return few
        if (used == before).all() and off == OFF:
            break
        ridge = 1e-3 * used.sum() * np.diag([0.0] + [1.0] * (terms.shape[1] - 1))
        part = terms[used]
        few = np.linalg.solve(part.T @ part + ridge, part.T @ level[used])
        fit = terms @ few
    return few


def _grain(channel: Channel, surface: Level) -> float:
    """The median deviation of neighbouring pixels of paper, as a standard deviation."""
    h, w = channel.shape
    step = max(1, int(np.sqrt(h * w / 2**20)))
    y, x = np.mgrid[0:h:step, 0 : w - 1 : step]
    level = surface[y * surface.shape[0] // h, x * surface.shape[1] // w]
    here, beside = channel[y, x] / np.float32(255), channel[y, x + 1] / np.float32(255)
    paper = (here > level * (1 - 4 * OFF)) & (beside > level * (1 - 4 * OFF))
    if not paper.any():
        return 0.0
    off = np.abs(here - beside)[paper] / level[paper]
    # what is more is the edge of a line. A mean, for the median of bytes is 0 or 1
    return float(off[off <= OFF].mean() * np.sqrt(np.pi) / 2)


def _at(surface: Level, rows: tuple[int, int], shape: tuple[int, int]) -> Level:
    """``surface`` enlarged to the ``rows`` of a page of ``shape``."""
    h, w = shape
    n, m = surface.shape
    y = ((np.arange(*rows) + 0.5) * n / h - 0.5).astype(np.float32)
    x = ((np.arange(w) + 0.5) * m / w - 0.5).astype(np.float32)
    grid = np.meshgrid(x, y)
    large = cv2.remap(surface, grid[0], grid[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(large, np.float32)
