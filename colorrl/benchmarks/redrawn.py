"""DiceBear characters drawn twice: in colour for a sheet, and as a page that shows them otherwise.

Two characters stand on a page. On the sheet and on the page each has the same colours, and parts of
it (its expression, its hair) are other variants; on the page each is mirrored or not, scaled and
shifted on its own, and the page is cropped.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.data.sets.dicebear import variant_pools
from colorrl.data.sets.dicebear_character import (
    Character,
    definition,
    hashed,
    random_colors,
    render,
)
from colorrl.seeding import seed_of

# What draws the expression and the hair of each style, as its definition names them.
EXPRESSION = {
    "adventurer": ("eyes", "eyebrows", "mouth"),
    "micah": ("eyes", "eyebrows", "mouth"),
    "open-peeps": ("expression",),
}
HAIR = {"adventurer": ("hair",), "micah": ("hair", "facialHair"), "open-peeps": ("head",)}
PARTS = {"expression": EXPRESSION, "hair": HAIR}
Pool = Literal["train", "held_out"]
# as conf/data/_base.yaml and conf/prepare.yaml split the set that generators learn from
SPLIT_SEED, HELD_OUT = 0, 0.12


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawing of two characters with its true colours."""

    line: NDArray[np.float32]  # (H, W) in [0, 1], 1 = paper
    color: NDArray[np.uint8]  # (H, W, 3) sRGB without the line, white where nothing is painted
    who: NDArray[np.uint8]  # (H, W) 1 or 2 where that character is painted, 0 = paper


@dataclass(frozen=True, slots=True)
class Redraw:
    """How the page differs from the sheet."""

    other: tuple[str, ...]  # of PARTS
    same_style: bool  # both characters are of one style
    flip: float = 0.5  # probability, a character
    max_scale: float = 1.4  # up to so many times as large or as small
    max_shift: float = 0.1  # share of a character's side
    max_crop: float = 0.1  # share of the page's side that is cut from each of its edges


# one kind of pair each; of twins nothing but small things identifies who is who
KINDS = {
    "expression": Redraw(("expression",), False),
    "hair": Redraw(("hair",), False),
    "both": Redraw(("expression", "hair"), False),
    "twins": Redraw(("expression", "hair"), True),
}


def pair(number: int, how: Redraw, size: int, pool: Pool, seed: int) -> tuple[Scene, Scene]:
    """The sheet and the page of pair ``number``: characters of ``size`` px, page twice as wide.

    ``pool``: the variants they show, those of the train split or those of val and test.
    """
    chance = random.Random(seed_of(seed, hashed(pool, *how.other, str(how.same_style)), number))
    styles = (
        chance.choices(list(EXPRESSION), k=1) * 2
        if how.same_style
        else chance.sample(list(EXPRESSION), 2)
    )
    sheet, page = [], []
    for style in styles:
        pools = pools_of(style, pool)
        first, second = redrawn(style, pools, how.other, chance)
        colors = random_colors(first)
        sheet.append(render(first, size, colors))
        page.append(render(second, size, colors))
    order = chance.sample([0, 1], 2)
    still = [np.array([[1, 0, size * i], [0, 1, 0]], np.float32) for i in range(2)]
    moved = [placed(how, size, slot, chance) for slot in order]
    drawn = scene([(r, m) for r, m in zip(page, moved, strict=True)], size)
    return scene(list(zip(sheet, still, strict=True)), size), cropped(drawn, how, chance)


def pools_of(style: str, pool: Pool) -> dict[str, list[str]]:
    """Component -> its variants of train, or of val and test together."""
    pools = variant_pools(style, SPLIT_SEED, HELD_OUT)
    if pool == "train":
        return pools["train"]
    return {c: sorted({*pools["val"][c], *pools["test"][c]}) for c in pools["test"]}


def redrawn(
    style: str, pools: Mapping[str, list[str]], other: tuple[str, ...], chance: random.Random
) -> tuple[Character, Character]:
    """A character, and the same one with every component of ``other`` in another variant."""
    components = definition(style)["components"]
    changed = {c for part in other for c in PARTS[part][style]}
    first, second = {}, {}
    for name, variants in pools.items():
        there = 100 * chance.random() < components[name].get("probability", 100)
        one, two = chance.sample(variants, 2) if len(variants) > 1 else variants * 2
        if there:
            first[name], second[name] = one, two if name in changed else one
    return Character(style, first), Character(style, second)


def placed(how: Redraw, size: int, slot: int, chance: random.Random) -> NDArray[np.float32]:
    """(2, 3) from a character's square to its half of the page, mirrored, scaled and shifted."""
    scale = how.max_scale ** chance.uniform(-1, 1)
    mirror = -1 if chance.random() < how.flip else 1
    shift = [chance.uniform(-how.max_shift, how.max_shift) * size for _ in range(2)]
    center = np.array([size * (slot + 0.5) + shift[0], size * 0.5 + shift[1]])
    turn = scale * np.array([[mirror, 0], [0, 1]])
    return np.column_stack([turn, center - turn @ [size / 2, size / 2]]).astype(np.float32)


def scene(drawn: list, size: int) -> Scene:
    """The renderings (each with its (2, 3) matrix), later ones over earlier ones."""
    shape = (2 * size, size)
    line = np.ones((size, 2 * size), np.float32)
    color = np.full((size, 2 * size, 3), 255, np.uint8)
    who = np.zeros((size, 2 * size), np.uint8)
    for number, (rendering, matrix) in enumerate(drawn, 1):
        ink = cv2.warpAffine(rendering.line, matrix, shape, flags=cv2.INTER_AREA, borderValue=255)
        fill = cv2.warpAffine(rendering.fill, matrix, shape, flags=cv2.INTER_NEAREST)
        there = fill[..., 3] > 127
        line = np.where(there, 1, line) * (ink.astype(np.float32) / 255)
        color[there], who[there] = fill[there][:, :3], number
    return Scene(line.astype(np.float32), color, who)


def cropped(drawn: Scene, how: Redraw, chance: random.Random) -> Scene:
    """``drawn`` without a strip along each edge."""
    height, width = drawn.line.shape
    top, bottom = (round(height * chance.uniform(0, how.max_crop)) for _ in range(2))
    left, right = (round(width * chance.uniform(0, how.max_crop)) for _ in range(2))
    rows, columns = slice(top, height - bottom), slice(left, width - right)
    return Scene(
        drawn.line[rows, columns].copy(),
        drawn.color[rows, columns].copy(),
        drawn.who[rows, columns].copy(),
    )
