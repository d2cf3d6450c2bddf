"""Emoji by hands other than OpenMoji's: Noto, Twemoji, Fluent, and EmojiOne and FxEmoji for tests.

They come from npm packages in Iconify's form: icons.json with the drawings by name, chars.json with
the name of each sequence of code points. They have no lines: `colorrl.data.boundary` draws them.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from colorrl.data.boundary.line_art import VERSION, draw
from colorrl.data.boundary.plain_svg import document
from colorrl.data.sets.code_points import (
    by_name,
    code_points,
    held_out_bases,
    is_code_points,
    plain_name,
)
from colorrl.data.sets.npm_package import NpmPackage
from colorrl.data.sets.openmoji import base_of, is_flag, is_skin_variant
from colorrl.data.source import Drawing, Rendering

# Drawn this many times as large as wanted, then averaged: as a scan is.
OVERSAMPLING = 2
# What a set is for: to learn from, or to test what was learnt on drawings by a hand that nothing
# learns from, of code points that other hands hold out or of those that they are learnt from.
TRAIN, UNSEEN, SEEN = USES = ("train", "test_unseen", "test_seen")
# Never learned from, so that they tell what a hand does that no generator has seen; and their kin
TEST_HANDS = frozenset({"emojione", "emojione-v1", "emojione-monotone", "fxemoji"})


@dataclass(frozen=True, slots=True)
class EmojiHand:
    """One hand's set as a `Source`. Packages are given as NAME@VERSION."""

    package: str
    shaded: str | None  # the same drawings in rendered colours (채색), by the same names
    names: str | None  # whose chars.json gives names their code points; None: the package's own
    use: str  # one of USES
    folder: Path | str | None  # with the packages' files; None: npm packs them into `cache`
    cache: Path | str
    held_out: Path | str  # OpenMoji's manifest

    @property
    def origin(self) -> str:
        packages = " ".join(p for p in (self.package, self.shaded, self.names) if p is not None)
        dealt = sorted(held_out_bases(Path(self.held_out)).items())
        digest = hashlib.sha256(repr(dealt).encode()).hexdigest()[:16]
        return f"{packages}, lines {VERSION}, {self.use}, held out {digest}"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """All drawings; where they go is decided by their first code point.

        A test set leaves out the drawings that it is not for. Drawings whose code points are not
        known are named by their set's own names, for `render` to refuse.
        """
        if self.use not in USES:
            raise ValueError(f"data.reader.use={self.use}: one of {', '.join(USES)}")
        if self.use == TRAIN and self._packed(self.package).name.split("/")[-1] in TEST_HANDS:
            raise ValueError(f"{self.package} is a test hand: it is never trained on")
        dealt = held_out_bases(Path(self.held_out))
        found = []
        for id in self._icons():
            home = dealt.get(base_of(id), "train")
            if self.use == TRAIN:
                found.append(Drawing(id, base_of(id), home))
            elif (home == "train") == (self.use == SEEN):
                found.append(Drawing(id, base_of(id), "test"))
        return found

    def render(self, id: str, size: int) -> Rendering | str:
        """The drawing with lines on its boundaries."""
        if not is_code_points(id):
            return "no code point"
        if is_flag(id):
            return "flag"
        if is_skin_variant(id):
            return "skin tone"
        name = self._icons()[id]
        shaded = None if self.shaded is None else _picture(self._packed(self.shaded), name)
        own = _picture(self._packed(self.package), name)
        if own is None:
            return "no drawing of its own"
        digest = hashlib.sha256(f"{self.package} {id}".encode()).digest()
        random = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        return draw(own, OVERSAMPLING * size, random, shaded)

    def _packed(self, spec: str) -> NpmPackage:
        return NpmPackage.of(spec, self.folder, self.cache)

    def _icons(self) -> Mapping[str, str]:
        names = None if self.names is None else self._packed(self.names)
        return _icons(self._packed(self.package), names)


@functools.lru_cache(maxsize=8)
def _icons(package: NpmPackage, names: NpmPackage | None) -> dict[str, str]:
    """Id of each drawing -> its name in ``package``; names without code points stand for both."""
    if names is None:
        named = {points: name for points, name in _by_points(package).items()}
        once = {name: points for points, name in reversed(sorted(named.items()))}
        return {points: name for name, points in sorted(once.items())}
    known = {plain_name(name): points for points, name in _by_points(names).items()}
    for alias, of in names.json("icons.json").get("aliases", {}).items():
        if set(of) == {"parent"} and plain_name(of["parent"]) in known:
            known.setdefault(plain_name(alias), known[plain_name(of["parent"])])
    icons = sorted(package.json("icons.json")["icons"])
    found = by_name(icons, known)
    return {found.get(name, name): name for name in icons}


def _by_points(package: NpmPackage) -> dict[str, str]:
    """Code points -> name, as chars.json has them."""
    return {code_points(text): name for text, name in package.json("chars.json").items()}


def _picture(package: NpmPackage, name: str) -> str | None:
    """The SVG of the drawing called ``name``; None if it is another one turned or mirrored."""
    pack: dict[str, Any] = package.json("icons.json")
    icons, aliases = pack["icons"], pack.get("aliases", {})
    while name not in icons:
        if set(aliases.get(name, {})) != {"parent"}:
            return None
        name = aliases[name]["parent"]
    icon = icons[name]
    size = {key: icon.get(key, pack.get(key, 16)) for key in ("width", "height")}
    box = (icon.get("left", 0), icon.get("top", 0), size["width"], size["height"])
    return document(icon["body"], box)
