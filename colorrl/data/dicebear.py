"""DiceBear characters: drawings put together from the components of a style.

A style (adventurer, micah: CC BY 4.0; open-peeps: CC0) draws heads from components such as hair,
eyes and mouth, each in several variants, and names the colours they are filled with. Few
templates make many drawings, so that val and test are made of *variants* that train never shows:
another combination of the same ones would not be a new drawing.

The fills get placeholder colours first. With all of them white the drawing is line art, with the
style's own colours it is the picture, and its flats are what the lines leave of that.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.resources
import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import ImageColor

from colorrl.data.colouring import under_ink
from colorrl.data.manifest import SPLITS
from colorrl.data.render import on_white, rasterise
from colorrl.data.source import Drawing, Rendering
from colorrl.data.split import deal_names
from colorrl.seeding import seed_of

PACKAGES = {"dicebear-core": "10.7.0", "dicebear-styles": "10.6.0"}
# Variants without an outline of their own: as line art they are nothing, or a hole in the head.
OUTLINE_MISSING = {"micah": {"hair": {"dougFunny", "mrT"}}}
# Colours of lines rather than of areas, besides those that a style only has in black.
LINES = {"micah": {"glasses", "earring"}}
# With fewer variants than this a component has none to hold out.
MIN_VARIANTS = 5
ABSENT = "__"
PLACEHOLDER = "#fe01{:02x}"
PAINT = re.compile(r'((?:fill|stroke)=)"([^"]*)"')


@dataclass(frozen=True, slots=True)
class DiceBear:
    """The set as a `Source`: how many drawings of each style go to train, and to val and test."""

    train: Mapping[str, int]
    held_out: Mapping[str, int]  # to val, and as many to test

    @property
    def origin(self) -> str:
        packages = " ".join(f"{name} {version}" for name, version in PACKAGES.items())
        return f"{packages}, {dict(self.train)} in train, {dict(self.held_out)} held out"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """Different combinations of the variants that belong to each split.

        Raises ValueError if a style has fewer.
        """
        check_packages()
        found = []
        for split in SPLITS:
            for name, n in (self.train if split == "train" else self.held_out).items():
                pools = variant_pools(name, seed, held_out)[split]
                found += [Drawing(i, i, split) for i in _ids(name, split, pools, n, seed)]
        return found

    def render(self, id: str, size: int) -> Rendering | str:
        """The character that ``id`` spells out, in colours of the style drawn by its name."""
        return render(Character.of(id), size)


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


def check_packages() -> None:
    """Raises FileNotFoundError, with the remedy, unless PACKAGES are installed."""
    remedy = "pip install " + " ".join(f"{n}=={v}" for n, v in PACKAGES.items())
    for name, version in PACKAGES.items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            raise FileNotFoundError(f"package {name} is missing; install: {remedy}") from None
        if found != version:
            raise FileNotFoundError(f"{name} {found} is not version {version}; install: {remedy}")


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


def variant_pools(style: str, seed: int, held_out: float) -> dict[str, dict[str, list[str]]]:
    """Split -> component -> the variants it may show. Components with few show all everywhere."""
    pools: dict[str, dict[str, list[str]]] = {split: {} for split in SPLITS}
    for component, spec in definition(style)["components"].items():
        missing = OUTLINE_MISSING.get(style, {}).get(component, set())
        names = [v for v in spec["variants"] if v not in missing]
        if len(names) < MIN_VARIANTS:
            for split in SPLITS:
                pools[split][component] = names
            continue
        home = deal_names(names, held_out, seed_of(seed, _hash(style, component)))
        for split in SPLITS:
            pools[split][component] = [v for v in names if home[v] == split]
    return pools


def _ids(
    style: str, split: str, pools: Mapping[str, list[str]], n: int, seed: int
) -> Iterator[str]:
    """``n`` different characters."""
    seen: set[str] = set()
    for i in range(20 * n):
        if len(seen) == n:
            return
        chance = random.Random(seed_of(seed, _hash(style, split), i))
        id = _random_character(style, pools, chance).id
        if id not in seen:
            seen.add(id)
            yield id
    if len(seen) < n:
        raise ValueError(f"style {style} makes {len(seen)} different drawings of {split}, not {n}")


def _random_character(
    style: str, pools: Mapping[str, list[str]], chance: random.Random
) -> Character:
    components = definition(style)["components"]
    chosen = {}
    for name, variants in pools.items():
        # both are drawn always, so that one component's absence does not change another's variant
        there = 100 * chance.random() < components[name].get("probability", 100)
        variant = chance.choice(variants)
        if there:
            chosen[name] = variant
    return Character(style, chosen)


def _hash(*words: str) -> int:
    """An int64 for ``words``."""
    digest = hashlib.sha256(" ".join(words).encode()).digest()
    return int.from_bytes(digest[:8], "little", signed=True)


def render(character: Character, size: int) -> Rendering:
    """``character`` with its fills in colours of the style, drawn by its name."""
    svg, colours = _svg(character), random_colours(character)
    lines = line_colours(character.style)
    ink = {PLACEHOLDER.format(i): "#000" for i, name in enumerate(colours) if name in lines}
    fills = {PLACEHOLDER.format(i): c for i, c in enumerate(colours.values())} | {
        paint: paint for paint in _own_paints(svg)
    }
    fills = {mark: colour for mark, colour in fills.items() if mark not in ink}
    white = dict.fromkeys(fills, "#fff")
    line = on_white(rasterise(_recoloured(svg, white | ink), size))[..., 1]
    whole = rasterise(_recoloured(svg, fills | ink), size)
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


def line_colours(style: str) -> set[str]:
    """Names of the colours that are ink: those a style has in black alone, and LINES."""
    colours = definition(style)["colors"]
    black = {name for name, spec in colours.items() if set(spec["values"]) == {"#000000"}}
    return black | LINES.get(style, set())


def random_colours(character: Character) -> dict[str, str]:
    """Name -> colour, each one of the style's values, drawn by the character's name.

    None of those that the style wants to differ from it.
    """
    chosen: dict[str, str] = {}
    for name, spec in definition(character.style)["colors"].items():
        taken = {chosen[other] for other in spec.get("notEqualTo", []) if other in chosen}
        values = [v for v in spec["values"] if v not in taken] or spec["values"]
        pick = random.Random(_hash(character.id, name)).randrange(len(values))
        chosen[name] = values[pick]
    return chosen


@functools.cache
def _style(name: str) -> Any:
    from dicebear import Style  # late, so that check_packages can say what is missing

    return Style(definition(name))


def _svg(character: Character) -> str:
    """The drawing with PLACEHOLDER i for the i-th colour of its style."""
    from dicebear import Avatar

    spec = definition(character.style)
    options: dict[str, Any] = {f"{name}Probability": 0 for name in spec["components"]}
    for name, variant in character.variants.items():
        options |= {f"{name}Variant": variant, f"{name}Probability": 100}
    for i, name in enumerate(spec["colors"]):
        options[f"{name}Color"] = PLACEHOLDER.format(i)
    return str(Avatar(_style(character.style), options))


def _recoloured(svg: str, colours: Mapping[str, str]) -> str:
    """``svg`` with each fill and stroke that ``colours`` names in its new colour."""
    return PAINT.sub(lambda m: f'{m[1]}"{colours.get(m[2], m[2])}"', svg)
