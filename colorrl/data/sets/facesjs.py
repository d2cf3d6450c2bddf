"""facesjs (Apache-2.0): faces put together from drawn features, outlined, without limit in number.

As with DiceBear, val and test are made of *drawings of features* that train never shows: another
combination of the same ones would not be a new drawing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from colorrl.data.preparation.manifest import SPLITS
from colorrl.data.preparation.split import deal_names
from colorrl.data.sets.facesjs_face import FEATURES, Face, parts_of, render
from colorrl.data.sets.npm_package import NpmPackage
from colorrl.data.source import Drawing, Rendering
from colorrl.seeding import seed_of

# raise when the same id gives another drawing
VERSION = 1
NONE = "none"
# How often a face has the feature at all, where it may lack it
PRESENT = {"facialHair": 0.4, "glasses": 0.25, "accessories": 0.25, "hairBg": 0.4, "eyeLine": 0.5,
           "smileLine": 0.5, "miscLine": 0.4}  # fmt: skip
# With fewer drawings than this a feature has none to hold out
MIN_VARIANTS = 7


@dataclass(frozen=True, slots=True)
class FacesJs:
    """The set as a `Source`."""

    package: str  # NAME@VERSION
    train: int  # faces before the screen
    held_out: int  # in val, and as many in test
    folder: Path | str | None  # with the package's file; None: npm packs it into `cache`
    cache: Path | str

    @property
    def origin(self) -> str:
        return f"{self.package}, faces {VERSION}, {self.train} in train, {self.held_out} held out"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """Different faces of the drawings of features that belong to each split."""
        parts = parts_of(self._packed())
        pools = variant_pools(parts, seed, held_out)
        n = {"train": self.train, "val": self.held_out, "test": self.held_out}
        return [
            Drawing(id, id, split)
            for k, split in enumerate(SPLITS)
            for id in _ids(parts, pools[split], n[split], seed_of(seed, k))
        ]

    def render(self, id: str, size: int) -> Rendering | str:
        """The face that ``id`` spells out, at twice the size: averaged later, as a scan is."""
        return render(id, parts_of(self._packed()), 2 * size)

    def _packed(self) -> NpmPackage:
        return NpmPackage.of(self.package, self.folder, self.cache)


def variant_pools(
    parts: Mapping[str, Mapping[str, str]], seed: int, held_out: float
) -> dict[str, dict[str, list[str]]]:
    """Split -> feature -> the drawings it may show. Features with few show all everywhere."""
    pools: dict[str, dict[str, list[str]]] = {split: {} for split in SPLITS}
    for k, feature in enumerate(FEATURES):
        names = [name for name in parts[feature] if name != NONE]
        shared = len(names) < MIN_VARIANTS
        home = {} if shared else deal_names(names, held_out, seed_of(seed, 7, k))
        for split in SPLITS:
            pools[split][feature] = [n for n in names if shared or home[n] == split]
    return pools


def _ids(
    parts: Mapping[str, Mapping[str, str]], pools: Mapping[str, list[str]], n: int, seed: int
) -> Iterator[str]:
    """``n`` different faces. Raises ValueError if there are fewer."""
    seen: set[str] = set()
    for i in range(20 * n):
        if len(seen) == n:
            return
        chance = random.Random(seed_of(seed, i))
        variants = {}
        for feature in FEATURES:
            # both are drawn always, so that one feature's absence does not change another
            there = chance.random() < PRESENT.get(feature, 1.0)
            variants[feature] = chance.choice(pools[feature])
            if not there and NONE in parts[feature]:
                variants[feature] = NONE
        id = Face(variants).id(parts)
        if id not in seen:
            seen.add(id)
            yield id
    if len(seen) < n:
        raise ValueError(f"facesjs makes {len(seen)} different faces of a split, not {n}")
