"""Comic pages with speech bubbles whose places are known: panels, a drawing in each, text."""

from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from colorrl.report.fonts import label_font

Line = NDArray[np.uint8]
WORDS = ("what", "is this?", "wait for me", "over there", "no way!", "I told you so", "hm", "later")
INK, PAPER = 0, 255


@dataclass(frozen=True, slots=True)
class Comic:
    """One page."""

    line: Line  # (H, W), 255 = paper
    inside: NDArray[np.uint8]  # (H, W) 1 inside bubbles, line excluded
    middles: list[tuple[int, int]]  # x, y of a pixel between the text and the rim of each bubble


def comic(drawings: list[Line], size: tuple[int, int], chance: random.Random) -> Comic:
    """A page of ``size`` (H, W) px with a panel for each of ``drawings``, two in a row."""
    height, width = size
    page = np.full(size, PAPER, np.uint8)
    inside = np.zeros(size, np.uint8)
    middles = []
    rows = (len(drawings) + 1) // 2
    gutter = max(8, width // 40)
    for i, drawing in enumerate(drawings):
        top, left = (i // 2) * height // rows + gutter, (i % 2) * width // 2 + gutter
        bottom, right = (i // 2 + 1) * height // rows - gutter // 2, left + width // 2 - 2 * gutter
        panel = page[top:bottom, left:right]
        side = round(min(panel.shape) * 0.8)
        small = cv2.resize(drawing, (side, side), interpolation=cv2.INTER_AREA)
        x, y = (panel.shape[1] - side) // 2, panel.shape[0] - side - 2
        panel[y : y + side, x : x + side] = small
        cv2.rectangle(page, (left, top), (right, bottom), INK, 3)
        for _ in range(chance.choice([1, 1, 2])):
            box = _placed(panel.shape, chance)
            if covered(inside, (left + box[0], top + box[1], box[2], box[3])):
                continue  # of a bubble that another hides the text is gone, and so is the bubble
            text_free = _bubble(page, inside, (left + box[0], top + box[1], box[2], box[3]), chance)
            middles.append(text_free)
    return Comic(page, inside, middles)


def covered(inside: NDArray[np.uint8], box: tuple[int, int, int, int]) -> bool:
    """Whether a bubble and its tail in ``box`` would meet an earlier one."""
    left, top, width, height = box
    return bool(inside[top : top + height + height // 2, left : left + width].any())


def _placed(shape: tuple[int, ...], chance: random.Random) -> tuple[int, int, int, int]:
    """Left, top, width and height of a bubble in a panel of ``shape``."""
    width, height = (
        round(shape[1] * chance.uniform(0.35, 0.6)),
        round(shape[0] * chance.uniform(0.2, 0.35)),
    )
    left = round((shape[1] - width) * chance.uniform(0.05, 0.95))
    top = round((shape[0] - height) * chance.uniform(0.05, 0.6))
    return left, top, width, height


def _bubble(
    page: Line, inside: NDArray[np.uint8], box: tuple[int, int, int, int], chance: random.Random
) -> tuple[int, int]:
    left, top, width, height = box
    mask = np.zeros(page.shape, np.uint8)
    middle = (left + width // 2, top + height // 2)
    if chance.random() < 0.7:
        cv2.ellipse(mask, middle, (width // 2, height // 2), 0, 0, 360, 1, -1)
    else:
        radius = min(width, height) // 5
        core = np.zeros_like(mask)
        core[top + radius : top + height - radius, left + radius : left + width - radius] = 1
        ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        mask = np.asarray(cv2.dilate(core, ball), np.uint8)
    if chance.random() < 0.6:
        foot = middle[0] + chance.randint(-width // 4, width // 4)
        tip = (foot + chance.randint(-20, 20), top + height + height // 3)
        tail = np.array([(foot - width // 14, middle[1]), (foot + width // 14, middle[1]), tip])
        cv2.fillPoly(mask, [tail.astype(np.int32)], 1)
    page[mask > 0] = PAPER
    inside[mask > 0] = 1
    shapes, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(page, shapes, -1, INK, chance.choice([2, 3]), cv2.LINE_AA)
    cv2.drawContours(inside, shapes, -1, 0, 3)
    _write(page, box, chance)
    return middle[0], top + max(6, height // 12)


def _write(page: Line, box: tuple[int, int, int, int], chance: random.Random) -> None:
    """One to three lines of words in the middle of ``box``."""
    left, top, width, height = box
    n = chance.choice([1, 2, 2, 3])
    size = max(11, min(round(height / (n + 2)), width // 9))
    font = label_font(size)
    image = Image.fromarray(page)
    draw = ImageDraw.Draw(image)
    for row in range(n):
        words = ""
        while font.getlength(words) < 0.45 * width:
            words = f"{words} {chance.choice(WORDS)}".strip()
        while font.getlength(words) > 0.72 * width:
            words = words[:-1]
        y = top + height / 2 + (row - (n - 1) / 2) * size * 1.2
        draw.text((left + width / 2, y), words.upper(), INK, font, anchor="mm")
    page[:] = np.asarray(image)
