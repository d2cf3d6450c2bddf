"""One coloured page at work: its regions.json in memory and on the disk, and its history."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from pathlib import Path
from typing import Any

from PIL import Image

from colorrl.export import regions
from colorrl.export.draft import draft
from colorrl.export.jobs import Job
from colorrl.export.journal import file_sha
from colorrl.export.png import id_pixels, read_regions, save
from colorrl.images.clean import LineArt, line_art
from colorrl.images.folder import read_drawing
from colorrl.images.image import Drawing
from colorrl.studio.history import OPENED, OUTSIDE, OWN, REDO, UNDO, History, merged
from colorrl.studio.patch import Ids, Patch, Rows

FOLDER = ".studio"  # in the output folder, with a history for each page


class Stale(ValueError):
    """The page has changed since the one who asks saw it."""


class OpenPage:
    """A page that was coloured. Not for two threads at once."""

    def __init__(self, job: Job) -> None:
        """Open the page and bring it to the end of its history.

        Raises OSError or ValueError, naming the file, for what cannot be read.
        """
        self.job = job
        self.json = Path(f"{job.stem}{regions.JSON}")
        self.png = Path(f"{job.stem}{regions.PNG}")
        self.history = History(job.output / FOLDER / f"{job.page}.jsonl")
        self.head: dict[str, Any] = {}  # of regions.json, but its regions
        self.rows: Rows = {}
        self._ids: Ids | None = None
        self._drawing: Drawing | None = None
        self._seen: tuple[int, ...] = ()
        self._shas = ["", ""]
        self.refresh()

    @property
    def version(self) -> int:
        return self.history.version

    @property
    def shape(self) -> str:
        """Changes when areas are joined or split."""
        return self._shas[1]

    def refresh(self) -> None:
        """Take in what others wrote since: the version rises where they changed something."""
        seen = tuple(n for f in (self.json, self.png) for n in _stamp(f))
        if seen == self._seen:
            return
        self._load()
        last = self.history.lines[-1] if self.history.lines else None
        if last is not None and "before" in last:
            self._finish(last)
        if last is not None and self._shas[1] != last["after"][1]:
            self.history.retire()  # other regions: their ids mean something else now
            last = None
        if last is None:
            base = {region: row["colour"] for region, row in self.rows.items()}
            self.history.add({"act": OPENED, "base": base, "after": [*self._shas]})
        elif self._shas[0] != last["after"][0]:
            self.history.add({"act": OUTSIDE, "after": [*self._shas]})
        self.rows = merged(self.rows, self.history.own_keys())
        self._seen = tuple(n for f in (self.json, self.png) for n in _stamp(f))

    def check_version(self, version: object) -> None:
        """Raise Stale unless ``version`` is the page's."""
        if version != self.version:
            raise Stale("the page has changed in the meantime, in another window or by a command")

    def do(self, act: str, patch: Patch, group: str | None = None) -> None:
        """Apply ``patch`` as a new act; an empty one is none."""
        if not patch.empty:
            line = {"act": act, "patch": patch.values()} | ({"group": group} if group else {})
            self._write(line, patch, True)

    def undo(self) -> int | None:
        """Take back the last act: its place in the history, None where there is none."""
        return self._step(UNDO, self.history.done)

    def redo(self) -> int | None:
        """Do again what was taken back last."""
        return self._step(REDO, self.history.undone)

    def ids(self) -> Ids:
        """(H, W) int32 region ids, kept in memory. Not to be changed."""
        ids = self._ids
        if ids is None:  # another thread may forget them meanwhile
            ids = self._ids = read_regions(self.png)
        return ids

    def drawing(self) -> Drawing:
        """The line art as it came, kept in memory."""
        drawing = self._drawing
        if drawing is None:
            drawing = self._drawing = read_drawing(self.job.path, self.head["line_layer"])
        return drawing

    def shown(self) -> Drawing:
        """The line art as it lies over the colours."""
        return self.art().shown if self.head["cleaned"] else self.drawing()

    def art(self) -> LineArt:
        """What is read off the drawing."""
        return line_art(self.drawing(), self.head["drop_blue"])

    def forget_pixels(self) -> None:
        """Free the memory of what can be read again."""
        self._ids = self._drawing = None

    def _step(self, act: str, places: list[int]) -> int | None:
        if not places:
            return None
        place = places[-1]
        line = {"act": act, "of": place}
        patch, forward = self.history.patch_of(line)
        self._write(line, patch, forward)
        return place

    def _write(self, line: dict[str, Any], patch: Patch, forward: bool) -> None:
        """``line`` to the history, then the files. All of it or, on an OSError, nothing."""
        rows = {region: dict(row) for region, row in self.rows.items()}
        patch.apply(rows, forward)
        head = self._head_after(patch, forward)
        text = _text(head, rows).encode()
        picture, ids = self._picture_after(patch, forward)
        after = [_sha(text), _sha(picture) if picture else self._shas[1]]
        self.history.add(line | {"before": self._shas, "after": after})
        try:
            self._replace(text, picture)
        except OSError:
            self.history.drop_last()
            raise
        self.rows, self.head, self._shas = rows, head, after
        self._ids = ids if picture else self._ids
        self._seen = tuple(n for f in (self.json, self.png) for n in _stamp(f))

    def _head_after(self, patch: Patch, forward: bool) -> dict[str, Any]:
        return (
            self.head if patch.palette is None else self.head | {"palette": patch.palette[forward]}
        )

    def _picture_after(self, patch: Patch, forward: bool) -> tuple[bytes | None, Ids | None]:
        if not patch.pixels:
            return None, None
        ids = self.ids().copy()
        patch.repaint(ids, forward)
        encoded = io.BytesIO()
        save(encoded, Image.fromarray(id_pixels(ids)))
        return encoded.getvalue(), ids

    def _replace(self, text: bytes, picture: bytes | None) -> None:
        with draft(self.json) as json:
            json.write_bytes(text)
            if picture is not None:
                with draft(self.png) as png:
                    png.write_bytes(picture)

    def _load(self) -> None:
        record = dataclasses.asdict(regions.read_record(self.json))
        self.rows = {int(region): row for region, row in record.pop("regions").items()}
        self.head = record
        self._shas = [file_sha(self.json), file_sha(self.png)]
        self.forget_pixels()

    def _finish(self, last: dict[str, Any]) -> None:
        """Write what a killed server noted as ``last`` and did not get to write."""
        behind = [
            have == before != after
            for have, before, after in zip(self._shas, last["before"], last["after"], strict=True)
        ]
        if not any(behind):
            return
        patch, forward = self.history.patch_of(last)
        text, picture = self.json.read_bytes(), None
        if behind[0]:
            rows = {r: dict(row) for r, row in self.rows.items()}
            patch.apply(rows, forward)
            text = _text(self._head_after(patch, forward), rows).encode()
        if behind[1]:
            picture, _ = self._picture_after(patch, forward)
        self._replace(text, picture)
        self._load()


def _text(head: dict[str, Any], rows: Rows) -> str:
    """regions.json: ids in order, without the keys that are the history's own."""
    kept = {
        str(region): {key: value for key, value in rows[region].items() if key not in OWN}
        for region in sorted(rows)
    }
    return regions.text_of(head | {"regions": kept})


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size
