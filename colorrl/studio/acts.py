"""What a person does to the colours of a page, as patches. Each raises ValueError for no act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from colorrl.export.painted import hex_of, rgb_of
from colorrl.pages.kept import HAND
from colorrl.studio.patch import Patch, Rows, difference

KEPT = frozenset({HAND, "hint", "sheet"})  # what a new colouring leaves as it is
MOST_ENTRIES, MOST_NAME = 1024, 200  # of a palette


def color(rows: Rows, regions: Iterable[int], color: str | None) -> Patch:
    """``regions`` get ``color``, None = the paper shows."""
    chosen = known(rows, regions)
    locked = [region for region in chosen if rows[region]["locked"]]
    if locked:
        raise ValueError(f"area {locked[0]} is locked")
    return _painted(rows, dict.fromkeys(chosen, _hex(color)))


def color_all(rows: Rows, old: str | None, new: str | None) -> Patch:
    """All areas of the colour ``old`` get ``new``; locked ones stay."""
    return _painted(rows, dict.fromkeys(_areas_of(rows, _hex(old)), _hex(new)))


def lock(rows: Rows, regions: Iterable[int], locked: object) -> Patch:
    """``regions`` are locked, or no longer."""
    if not isinstance(locked, bool):
        raise ValueError("locked is true or false")
    changed = {region: rows[region] | {"locked": locked} for region in known(rows, regions)}
    return difference(rows, rows | changed)


def palette(rows: Rows, before: Any, entries: object, follow: object) -> Patch:
    """The palette strip becomes ``entries``; ``follow`` {from, to}: areas of a changed entry."""
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        raise ValueError(f"a palette is a list of at most {MOST_ENTRIES} entries")
    after = [_entry(entry) for entry in entries]
    changes = [before, after] if before != after else None
    if follow is None:
        return Patch(palette=changes)
    if not isinstance(follow, Mapping):
        raise ValueError("follow is {from, to}")
    old, new = _hex(follow.get("from")), _hex(follow.get("to"))
    recolored = {region: rows[region] | {"colour": new} for region in _areas_of(rows, old)}
    return difference(rows, rows | recolored, palette=changes)


def decided(rows: Rows, found: Rows) -> Patch:
    """The regions of ``found`` take the values in it; locked ones stay."""
    free = {region: row for region, row in found.items() if not rows[region]["locked"]}
    return difference(rows, rows | {region: rows[region] | row for region, row in free.items()})


def kept(rows: Rows) -> dict[int, str | None]:
    """The colours that a new colouring keeps: locked, or decided by hand, a hint or a sheet."""
    return {r: row["colour"] for r, row in rows.items() if row["locked"] or row["by"] in KEPT}


def by_hand(rows: Rows) -> set[int]:
    """The areas that a person coloured here."""
    return {region for region, row in rows.items() if row["by"] == HAND}


def _painted(rows: Rows, colors: dict[int, str | None]) -> Patch:
    found = {"by": HAND, "confidence": 1.0}
    after = {
        region: rows[region] | found | {"colour": color}
        for region, color in colors.items()
        if rows[region]["colour"] != color or rows[region]["by"] != HAND
    }
    return difference(rows, rows | after)


def _areas_of(rows: Rows, color: str | None) -> list[int]:
    return [r for r, row in rows.items() if row["colour"] == color and not row["locked"]]


def known(rows: Rows, regions: object) -> list[int]:
    if not isinstance(regions, list) or not regions or len(regions) > len(rows):
        raise ValueError("regions is a list of ids")
    for region in regions:
        if type(region) is not int or region not in rows:
            raise ValueError(f"there is no area {str(region)[:40]!r}")
    return list(dict.fromkeys(regions))


def _hex(color: object) -> str | None:
    """``color`` as files have it."""
    if color is None:
        return None
    if not isinstance(color, str) or len(color) > 9:
        raise ValueError("a colour is #rrggbb, or null for paper")
    return hex_of(rgb_of(color))


def _entry(entry: object) -> dict[str, str]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name", ""), str):
        raise ValueError("a palette entry is {colour, name}")
    color = _hex(entry.get("colour"))
    if color is None:
        raise ValueError("a palette entry has a colour")
    return {"colour": color, "name": entry.get("name", "")[:MOST_NAME]}
