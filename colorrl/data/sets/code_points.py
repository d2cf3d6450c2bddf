"""Emoji by code point: what a drawing shows, whatever hand drew it, and what is held out in all.

A drawing is named by its code points in hexadecimal, such as 1F468-200D-1F33E; its base is the
first of them.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from colorrl.data.preparation.manifest import Entry, read_manifest

NAME = re.compile(r"[0-9A-F]{4,6}(-[0-9A-F]{4,6})*")
VARIANT = "FE0F"  # asks for the coloured form of what the code points before it show


def code_points(text: str) -> str:
    """The name of the drawing of ``text``, code points such as 1f3f4-200d-2620 or 23-fe0f."""
    points = [f"{int(part, 16):04X}" for part in text.split("-")]
    return "-".join(p for p in points if p != VARIANT)


def is_code_points(name: str) -> bool:
    """Whether a drawing is named by code points."""
    return NAME.fullmatch(name) is not None


def plain_name(name: str) -> str:
    """``name`` in small letters and digits alone: sets space their names differently."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name).lower())


@functools.cache
def unicode_names() -> dict[str, str]:
    """Plain Unicode name -> code point, of all symbols (`unicodedata`)."""
    found: dict[str, str] = {}
    for number in range(0x2000, min(0x1FC00, sys.maxunicode)):
        if unicodedata.category(chr(number)) in ("So", "Sm", "Po", "Sk"):
            name = unicodedata.name(chr(number), "")
            if name:
                found.setdefault(plain_name(name), f"{number:04X}")
    return found


def by_name(names: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Drawing's name in its set -> code points: its own among ``known`` plain names, or Unicode's.

    A name without code points is left out, and so are two names of one drawing but the first.
    """
    found: dict[str, str] = {}
    for name in sorted(names):
        plain = plain_name(name)
        points = known.get(plain) or unicode_names().get(plain)
        if points is not None and points not in found.values():
            found[name] = points
    return found


def held_out_bases(manifest: Path) -> dict[str, str]:
    """First code point -> val or test, as ``manifest`` (OpenMoji's) deals them.

    Every other emoji set deals its drawings so: what is held out in one hand is held out in all.
    Raises FileNotFoundError, with the remedy, if it is not there.
    """
    if not manifest.is_file():
        raise FileNotFoundError(
            f"no {manifest}, which says what is held out of every emoji set; make it with: "
            f"colorrl prepare data=openmoji data.root={manifest.parent.parent}"
        )
    return {e.base: e.split for e in read_manifest(manifest) if e.split != "train"}


def is_emoji_set(entries: Sequence[Entry]) -> bool:
    """Whether all drawings of a set are named by code points; numbered pages are not."""
    named = all(is_code_points(e.id) for e in entries)
    return named and any(e.base.startswith("1F") and len(e.base) == 5 for e in entries)


def leaked(sets: Mapping[str, Sequence[Entry]]) -> dict[str, list[str]]:
    """First code point -> the emoji ``sets`` that train on it though one of them holds it out."""
    emoji = {name: entries for name, entries in sets.items() if is_emoji_set(entries)}
    held_out = {e.base for entries in emoji.values() for e in entries if e.split != "train"}
    found: dict[str, list[str]] = {}
    for name, entries in emoji.items():
        for base in sorted({e.base for e in entries if e.split == "train"} & held_out):
            found.setdefault(base, []).append(name)
    return found
