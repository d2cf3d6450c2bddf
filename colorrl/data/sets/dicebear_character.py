"""One DiceBear character: which variants it shows, its colours, and how it is drawn.

The fills get placeholder colours first. With all of them white the drawing is line art, with the
style's own colours it is the picture, and its flats are what the lines leave of that.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import ImageColor

from colorrl.data.preparation.coloring import under_ink
from colorrl.data.preparation.render import on_white, rasterize
from colorrl.data.source import Rendering

# Colours of lines rather than of areas, besides those that a style only has in black.
LINES = {"micah": {"glasses", "earring"}}
ABSENT = "__"
PLACEHOLDER = "#fe01{:02x}"
PAINT = re.compile(r'((?:fill|stroke)=)"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Character:
    """A style and which variant of each of its components is there."""

    style: str
    variants: Mapping[str, str]  # component -> variant

    @property
    def id(self) -> str:
        """The style's name, and two digits a component: which of its variants, __ = none."""
        components = definition(self.style)["components"]
        digits = [
            f"{list(spec['variants']).index(self.variants[name]):02d}"
            if name in self.variants
            else ABSENT
            for name, spec in components.items()
        ]
        return f"{self.style}.{''.join(digits)}"

    @classmethod
    def of(cls, id: str) -> Character:
        """The character whose ``id`` this is. Raises ValueError for another word."""
        style, _, digits = id.rpartition(".")
        components = definition(style)["components"]
        pairs = zip(components, (digits[i : i + 2] for i in range(0, len(digits), 2)), strict=True)
        there = {name: int(d) for name, d in pairs if d != ABSENT}
        return cls(style, {n: list(components[n]["variants"])[i] for n, i in there.items()})


@functools.cache
def definition(style: str) -> dict[str, Any]:
    """The style's own definition. Raises ValueError, naming those there are, for an unknown one."""
    folder = importlib.resources.files("dicebear_styles")
    file = folder / f"{style}.json"
    if not file.is_file():
        known = sorted(p.name.removesuffix(".json") for p in folder.iterdir())
        raise ValueError(f"no DiceBear style {style}; there are {', '.join(known)}")
    made: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return made


def render(character: Character, size: int, colors: Mapping[str, str] | None = None) -> Rendering:
    """``character`` with its fills in ``colors``, by name; None: of the style, by its id."""
    svg, colors = placeholder_svg(character), colors or random_colors(character)
    lines = line_colors(character.style)
    ink = {PLACEHOLDER.format(i): "#000" for i, name in enumerate(colors) if name in lines}
    fills = {PLACEHOLDER.format(i): c for i, c in enumerate(colors.values())} | {
        paint: paint for paint in _own_paints(svg)
    }
    fills = {mark: color for mark, color in fills.items() if mark not in ink}
    white = dict.fromkeys(fills, "#fff")
    line = on_white(rasterize(_recolored(svg, white | ink), size))[..., 1]
    whole = rasterize(_recolored(svg, fills | ink), size)
    return Rendering(
        line=line,
        fill=under_ink(whole, line),
        paints=tuple(sorted({ImageColor.getrgb(c)[:3] for c in fills.values()})),
        whole=on_white(whole),
    )


def _own_paints(svg: str) -> set[str]:
    """The colours that the style does not name, without the black of its lines."""
    found = {paint for _, paint in PAINT.findall(svg)} - {"none", "black"}
    return {p for p in found if not p.startswith(("url", PLACEHOLDER[:5]))}


def line_colors(style: str) -> set[str]:
    """Names of the colours that are ink: those a style has in black alone, and LINES."""
    colors = definition(style)["colors"]
    black = {name for name, spec in colors.items() if set(spec["values"]) == {"#000000"}}
    return black | LINES.get(style, set())


def random_colors(character: Character) -> dict[str, str]:
    """Name -> colour, each one of the style's values, drawn by the character's name.

    None of those that the style wants to differ from it.
    """
    chosen: dict[str, str] = {}
    for name, spec in definition(character.style)["colors"].items():
        taken = {chosen[other] for other in spec.get("notEqualTo", []) if other in chosen}
        values = [v for v in spec["values"] if v not in taken] or spec["values"]
        pick = random.Random(hashed(character.id, name)).randrange(len(values))
        chosen[name] = values[pick]
    return chosen


@functools.cache
def _style(name: str) -> Any:
    from dicebear import Style  # late, so that the set names a missing package

    return Style(definition(name))


def recoloured(svg: str, colors: Mapping[str, str]) -> str:
    """The drawing of `placeholder_svg` with each named colour as ``colors`` have it."""
    return _recolored(svg, {PLACEHOLDER.format(i): c for i, c in enumerate(colors.values())})


def placeholder_svg(character: Character) -> str:
    """The drawing with PLACEHOLDER i for the i-th colour of its style."""
    from dicebear import Avatar

    spec = definition(character.style)
    options: dict[str, Any] = {f"{name}Probability": 0 for name in spec["components"]}
    for name, variant in character.variants.items():
        options |= {f"{name}Variant": variant, f"{name}Probability": 100}
    for i, name in enumerate(spec["colors"]):
        options[f"{name}Color"] = PLACEHOLDER.format(i)
    return str(Avatar(_style(character.style), options))


def _recolored(svg: str, colors: Mapping[str, str]) -> str:
    """``svg`` with each fill and stroke that ``colors`` names in its new colour."""
    return PAINT.sub(lambda m: f'{m[1]}"{colors.get(m[2], m[2])}"', svg)


def hashed(*words: str) -> int:
    """An int64 for ``words``."""
    digest = hashlib.sha256(" ".join(words).encode()).digest()
    return int.from_bytes(digest[:8], "little", signed=True)
