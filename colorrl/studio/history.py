"""The acts on one page, a line of JSON each, on the disk before anything else changes.

    {"act": "opened", "base": {id: colour}, "after": [..]}    the first line
    {"act": NAME, "patch": {..}, "group": .., "before": [..], "after": [..]}
    {"act": "undo" or "redo", "of": line, "before": [..], "after": [..]}
    {"act": "outside", "after": [..]}                          a file that others changed

``before`` and ``after`` are the sha256 of NAME.regions.json and NAME.regions.png: with them a page
whose server was killed between the line and the files is brought to its end.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from colorrl.studio.patch import Patch, Row, Rows

UNDO, REDO, OUTSIDE, OPENED = "undo", "redo", "outside", "opened"
# keys of a row that regions.json does not have
OWN = ("locked", "base")


class History:
    """The lines of one file, and which of its acts are done and undone."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError for a file that holds something else."""
        self.path = path
        self.lines: list[dict[str, Any]] = []
        self.done: list[int] = []  # places of acts in ``lines``
        self.undone: list[int] = []
        if path.exists():
            self._read()

    @property
    def version(self) -> int:
        return len(self.lines)

    def add(self, line: dict[str, Any]) -> None:
        """Append ``line`` and wait until the disk has it. Nothing is left of it on an OSError."""
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            size = file.tell()
            try:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self.path, size)
                raise
        self._take(line)

    def drop_last(self) -> None:
        """Remove the last line, whose files could not be written."""
        kept = self.path.read_bytes()
        os.truncate(self.path, kept.rstrip(b"\n").rfind(b"\n") + 1)
        lines = self.lines[:-1]
        self.lines, self.done, self.undone = [], [], []
        for line in lines:
            self._take(line)

    def patch_of(self, line: dict[str, Any]) -> tuple[Patch, bool]:
        """What ``line`` does, and whether forwards."""
        source = self.lines[line["of"]] if "of" in line else line
        return Patch.read(source.get("patch", {})), line["act"] != UNDO

    def own_keys(self) -> Rows:
        """What the lines say of ``locked`` and ``base`` of each region."""
        rows: Rows = {}
        for line in self.lines:
            if line["act"] == OPENED:
                base = line["base"].items()
                rows = {int(region): {"locked": False, "base": color} for region, color in base}
            patch, forward = self.patch_of(line)
            patch.apply(rows, forward)
        return {region: {key: row.get(key) for key in OWN} for region, row in rows.items()}

    def retire(self) -> None:
        """Put the file aside: the page was made again, and its old acts fit it no more."""
        place = 1
        while (aside := self.path.with_name(f"{self.path.name}.{place}")).exists():
            place += 1
        self.path.rename(aside)
        self.lines, self.done, self.undone = [], [], []

    def _read(self) -> None:
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):  # cut short by a kill: nobody was given an answer
            os.truncate(self.path, whole)
        for number, text in enumerate(content[:whole].splitlines(), 1):
            try:
                self._take(json.loads(text))
            except (ValueError, KeyError, TypeError, IndexError) as fault:
                raise ValueError(
                    f"{self.path}, line {number}: not an act ({fault}); move the file away to "
                    "open the page without its history"
                ) from None

    def _take(self, line: dict[str, Any]) -> None:
        place, act = len(self.lines), line["act"]
        if act == UNDO:
            self.undone.append(self.done.pop())
        elif act == REDO:
            self.done.append(self.undone.pop())
        elif act not in (OUTSIDE, OPENED):
            self.done.append(place)
            self.undone = []
        self.lines.append(line)


def merged(rows: Rows, own: Rows) -> Rows:
    """``rows`` of a file with the keys that the history alone has."""
    blank: Row = {"locked": False}
    return {
        region: {**row, **blank, "base": row["colour"], **own.get(region, {})}
        for region, row in rows.items()
    }
