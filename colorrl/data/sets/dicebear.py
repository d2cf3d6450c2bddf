"""DiceBear characters: drawings put together from the components of a style.

A style (adventurer, micah: CC BY 4.0; open-peeps: CC0) draws heads from components such as hair,
eyes and mouth, each in several variants, and names the colours they are filled with. Few
templates make many drawings, so that val and test are made of *variants* that train never shows:
another combination of the same ones would not be a new drawing.
"""

from __future__ import annotations

import importlib.metadata
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from colorrl.data.boundary.line_art import VERSION as LINES_VERSION
from colorrl.data.preparation.manifest import SPLITS
from colorrl.data.preparation.split import deal_names
from colorrl.data.sets.dicebear_character import Character, definition, hashed, render
from colorrl.data.sets.dicebear_flat import render_flat
from colorrl.data.source import Drawing, Rendering
from colorrl.seeding import seed_of

PACKAGES = {"dicebear-core": "10.7.0", "dicebear-styles": "10.6.0"}
# Variants without an outline of their own: as line art they are nothing, or a hole in the head.
OUTLINE_MISSING = {"micah": {"hair": {"dougFunny", "mrT"}}}
# Lines are drawn on a page this many times as large as wanted, then averaged: as a scan is.
OVERSAMPLING = 2
# With fewer variants than this a component has none to hold out.
MIN_VARIANTS = 5


@dataclass(frozen=True, slots=True)
class DiceBear:
    """The set as a `Source`: how many drawings of each style go to train, and to val and test."""

    train: Mapping[str, int]
    held_out: Mapping[str, int]  # to val, and as many to test
    outlined: bool = True  # the styles draw lines; if not, they are drawn where parts meet

    @property
    def origin(self) -> str:
        packages = " ".join(f"{name} {version}" for name, version in PACKAGES.items())
        lines = "" if self.outlined else f", lines {LINES_VERSION}"
        return f"{packages}, {dict(self.train)} in train, {dict(self.held_out)} held out{lines}"

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
        if self.outlined:
            return render(Character.of(id), size)
        return render_flat(Character.of(id), OVERSAMPLING * size)


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
        home = deal_names(names, held_out, seed_of(seed, hashed(style, component)))
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
        chance = random.Random(seed_of(seed, hashed(style, split), i))
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
