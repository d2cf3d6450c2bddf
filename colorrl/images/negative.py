"""Light lines on dark paper, of any hue: recognised, and turned into dark lines on white."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.images.image import Drawing, channels, over_white
from colorrl.regions.graph import counted
from colorrl.regions.ink import line_width

# the paper of a negative is no lighter than this (of 255)
DARKEST_PAPER = 160
# lines are lighter or darker than the paper by so much (of 255)
OFF = 32
# of the page: what is lighter than the paper, at most, and the least of it
MOST_LIGHT, LEAST_LIGHT = 0.35, 0.001
# lines are that much thinner than the shorter side, and than what lies between them
THIN, THINNER = 1 / 30, 2.5
# light lines outweigh what is darker than the paper
OUTWEIGHS = 3.0


def is_negative(drawing: Drawing) -> bool:
    """Whether ``drawing`` (H, W, C) are light lines on dark paper.

    Solid black around a figure is none: what is light there is wide.
    """
    gray = _gray(drawing)
    paper = _mode(gray)
    if paper > DARKEST_PAPER:
        return False
    light = _off(drawing) if drawing.shape[2] in (3, 4) else gray.astype(np.int16) - paper
    lit = light > OFF
    share = lit.mean()
    dark = (gray.astype(np.int16) < paper - OFF).mean()
    if not LEAST_LIGHT <= share <= MOST_LIGHT or share < OUTWEIGHS * dark:
        return False
    width = line_width(lit)
    return bool(width <= THIN * min(gray.shape) and width * THINNER <= line_width(~lit))


def positive(drawing: Drawing) -> Drawing:
    """(H, W, 1) the lines of a negative, dark on white."""
    light = _off(drawing).clip(0, 255)
    strongest = max(1.0, float(np.percentile(light[light > OFF], 80)) if (light > OFF).any() else 1)
    return (255 - np.minimum(light * (255 / strongest), 255)).astype(np.uint8)[..., None]


def _off(drawing: Drawing) -> NDArray[np.int16]:
    """(H, W) how much lighter than the paper the channel is that shows most of it."""
    most: NDArray[np.int16] | None = None
    for channel in channels(drawing):
        off = channel.astype(np.int16) - _mode(channel)
        most = off if most is None else np.maximum(most, off)
    assert most is not None
    return most


def _gray(drawing: Drawing) -> NDArray[np.uint8]:
    paper = over_white(drawing)
    gray = paper[..., 0] if paper.shape[2] == 1 else cv2.cvtColor(paper, cv2.COLOR_RGB2GRAY)
    return np.asarray(gray, np.uint8)


def _mode(channel: NDArray[np.uint8]) -> int:
    """The commonest level where most pixels are, give or take two."""
    count = counted(channel, 256)
    most = int(np.convolve(count, np.ones(5), "same").argmax())
    low = max(0, most - 2)
    return low + int(count[low : most + 3].argmax())
