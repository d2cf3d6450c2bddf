"""What an act changes on a page, forwards and backwards: rows of regions, palette, region ids."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = dict[str, Any]  # a regions.json row with ``locked`` and ``base``, its first colour
Rows = dict[int, Row]
Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Repaint:
    """Pixels that change their region. ``mask``: the bits of ``box``, packed, deflated, base64."""

    box: tuple[int, int, int, int]  # left, top, right, bottom in pixels, the last two outside
    mask: str
    before: int
    after: int

    @classmethod
    def of(cls, ids: Ids, box: tuple[int, int, int, int], where: Any, after: int) -> Repaint:
        """Pixels ``where`` (h, w) bool of ``box`` are to be ``after``; all have one id now."""
        left, top, right, bottom = box
        before = int(ids[top:bottom, left:right][where].flat[0])
        packed = base64.b64encode(zlib.compress(np.packbits(where).tobytes())).decode()
        return cls(box, packed, before, after)

    def apply(self, ids: Ids, forward: bool) -> None:
        """Change ``ids`` (H, W) in place. Doing it twice is doing it once."""
        left, top, right, bottom = self.box
        shape = (bottom - top, right - left)
        bits = np.frombuffer(zlib.decompress(base64.b64decode(self.mask)), np.uint8)
        where = np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(bool)
        ids[top:bottom, left:right][where] = self.after if forward else self.before


@dataclass(frozen=True, slots=True)
class Patch:
    """The difference between two states of a page."""

    rows: dict[int, dict[str, list[Any]]] = field(
        default_factory=dict
    )  # id -> key -> before, after
    born: Rows = field(default_factory=dict)
    gone: Rows = field(default_factory=dict)
    palette: list[Any] | None = None  # before, after
    pixels: tuple[Repaint, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.rows or self.born or self.gone or self.palette or self.pixels)

    @property
    def touched(self) -> set[int]:
        """Ids of the rows that it changes, makes or removes."""
        return {*self.rows, *self.born, *self.gone}

    def apply(self, rows: Rows, forward: bool = True) -> None:
        """Change ``rows`` in place."""
        born, gone = (self.born, self.gone) if forward else (self.gone, self.born)
        for region in gone:
            rows.pop(region, None)
        rows |= {region: dict(row) for region, row in born.items()}
        for region, cells in self.rows.items():
            for key, change in cells.items():
                rows.setdefault(region, {})[key] = change[forward]

    def repaint(self, ids: Ids, forward: bool = True) -> None:
        """Change the region ``ids`` (H, W) in place."""
        for pixels in self.pixels if forward else reversed(self.pixels):
            pixels.apply(ids, forward)

    def values(self) -> dict[str, Any]:
        """As a line of the history holds it: without what is empty."""
        return {key: value for key, value in asdict(self).items() if value}

    @classmethod
    def read(cls, values: dict[str, Any]) -> Patch:
        """What ``values`` gave. Raises TypeError or ValueError for what is no patch."""
        by_id = {
            key: {int(region): row for region, row in values.get(key, {}).items()}
            for key in ("rows", "born", "gone")
        }
        pixels = tuple(Repaint(**(p | {"box": tuple(p["box"])})) for p in values.get("pixels", []))
        return cls(**by_id, palette=values.get("palette"), pixels=pixels)


def difference(
    before: Rows, after: Rows, pixels: Iterable[Repaint] = (), palette: list[Any] | None = None
) -> Patch:
    """The patch that leads from ``before`` to ``after``."""
    changed = {
        region: {
            key: [before[region].get(key), value]
            for key, value in row.items()
            if before[region].get(key) != value
        }
        for region, row in after.items()
        if region in before and before[region] != row
    }
    born = {region: dict(row) for region, row in after.items() if region not in before}
    gone = {region: dict(row) for region, row in before.items() if region not in after}
    return Patch(changed, born, gone, palette, tuple(pixels))
