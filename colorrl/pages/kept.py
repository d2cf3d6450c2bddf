"""What a person decided on a page stays when the page is coloured again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorrl.export import regions
from colorrl.export.journal import Entry
from colorrl.export.painted import Painted, Swatch, hex_of, rgb_of
from colorrl.export.png import read_regions
from colorrl.images.clean import LineArt
from colorrl.images.notes import Note
from colorrl.regions.graph import partition
from colorrl.regions.ink import ink_mask
from colorrl.types import Partition

HAND = "hand"  # who decided, in the ``by`` of a row
CHANGED = "the sketch has changed since colours were edited by hand: the edits are not kept"


@dataclass(frozen=True, slots=True)
class Before:
    """A page as an earlier run made it and a person left it."""

    last: Entry
    record: regions.PageFile
    ids: NDArray[np.int32]  # (H, W)

    def edited(self, region: int) -> bool:
        """Whether a person gave ``region`` its colour in the file."""
        row = self.record.regions[str(region)]
        made = self.last.colours.get(str(region), row.colour)
        return row.by == HAND or row.colour != made

    @property
    def palette(self) -> tuple[Swatch, ...] | None:
        """The palette that a person gave the page in the file, None = it is as it was made."""
        now = [[named.colour, named.name] for named in self.record.palette]
        if self.last.palette is None or now == self.last.palette:
            return None
        return tuple(Swatch(rgb_of(color), name) for color, name in now)


def before(record: Path, last: Entry | None) -> Before | None:
    """What lies at ``record``, a regions.json, if it is ours and whole."""
    png = record.with_name(record.name.removesuffix(regions.JSON) + regions.PNG)
    if last is None or not record.exists() or not png.exists():
        return None
    try:
        found = Before(last, regions.read_record(record), read_regions(png))
    except ValueError:  # damaged: overwrite=true replaces it
        return None
    whole = set(map(str, range(1, int(found.ids.max()) + 1))) == found.record.regions.keys()
    return found if whole else None


def keeping(
    page: Painted,
    old: Before,
    *,
    asked: str,
    recolor_rest: bool,
    drop_edits: bool,
    again: Callable[[NDArray[np.int32]], Painted],
) -> Painted:
    """``page`` with the edits of ``old``, and if the hints alone are others with all its colours.

    ``asked``: the hash of the settings without hints. ``again``: the page coloured on other region
    ids, for areas that were joined or split. A hint goes before an edit.
    """
    if page.source.sha != old.last.input_sha:
        any_edit = any(old.edited(int(region)) for region in old.record.regions)
        lost = any_edit and not drop_edits
        return replace(page, notes=(*page.notes, *[Note("edits", CHANGED)] * lost))
    same = old.ids.shape == page.region_index.shape and bool((old.ids == page.region_index).all())
    if not same and drop_edits:
        return page
    if not same:
        page = again(old.ids)
    rest = old.last.asked == asked and not recolor_rest
    colors, bare, sure = page.colors.copy(), page.bare.copy(), page.confidence.copy()
    by = list(page.by)
    for region in range(1, len(colors)):
        row, edited = old.record.regions[str(region)], old.edited(region) and not drop_edits
        stays = rest and row.by != "hint" and not (drop_edits and old.edited(region))
        if by[region] == "hint" or not (edited or stays):
            continue
        bare[region], by[region] = row.colour is None, HAND if edited else row.by
        sure[region] = 1 if edited else row.confidence
        if row.colour is not None:
            colors[region] = rgb_of(row.colour)
    palette = None if drop_edits else old.palette
    return replace(
        page, colors=colors, bare=bare, confidence=sure, by=tuple(by),
        palette=page.palette if palette is None else palette,
    )  # fmt: skip


def partition_of(art: LineArt, ids: NDArray[np.int32]) -> Partition:
    """The regions ``ids`` (H, W) of ``art`` as a person joined and split them."""
    label = np.where(ink_mask(art.ink), 0, ids).astype(np.int32)
    return partition(label, hashlib.sha256(ids.tobytes()).hexdigest())


def as_made(page: Painted) -> dict[str, str | None]:
    """The colours of ``page`` by region, as the journal keeps them."""
    return {
        str(region): None if page.bare[region] else hex_of(page.colors[region])
        for region in range(1, len(page.colors))
    }
