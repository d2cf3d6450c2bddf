"""Long work that the page asks for: colouring, a sheet, files, training data."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from colorrl.export import formats
from colorrl.export.jobs import Job
from colorrl.export.journal import Conflict
from colorrl.export.reexport import MADE_ONCE, export_page, write_kinds
from colorrl.export.run import at_work
from colorrl.palette import read_palette
from colorrl.studio import acts, training
from colorrl.studio.folder import Folder, NoPage, is_colored
from colorrl.studio.open_page import OpenPage, Stale
from colorrl.studio.painter import RECOLOR, Choices, Painter
from colorrl.studio.patch import Rows
from colorrl.studio.work import Work, Worker

Said = Mapping[str, Any]
SHEET, ALTERNATIVES = "sheet", "alternatives"


class Tasks:
    """Work on the pages of a folder, with a generator, one piece after another."""

    def __init__(self, folder: Folder, painter: Painter) -> None:
        self.folder, self.painter, self.worker = folder, painter, Worker()
        self._choices: dict[str, tuple[list[Any], Choices]] = {}

    def start(self, said: Said) -> Work:
        """Put long work in the queue. Raises ValueError for what is none, NoPage."""
        kind, names = said.get("work"), said.get("pages")
        if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
            raise ValueError("pages is a list of names")
        known = self.folder.jobs()
        for name in names:
            if name not in known:
                raise NoPage(f"there is no page {name[:80]!r}")
        steps: dict[object, Callable[[str], Any]] = {
            "color": self._color,
            RECOLOR: self._recolor,
            "choices": self._choose,
            "export": partial(
                self._export, kinds=_kinds(said), overwrite=said.get("overwrite") is True
            ),
            training.PAIRS: self._pair,
            training.PREFERENCES: self._preference,
            training.SAMPLES: self._samples,
        }
        if kind not in steps:
            raise ValueError(f"there is no work {str(kind)[:40]!r}")
        return self.worker.start(str(kind), names, steps[kind])

    def start_sheet(self, name: str, file: str, content: bytes) -> Work:
        """A sheet that was dropped on the page ``name``."""
        self.folder.job(name)
        suffix = Path(file).suffix.lower()
        return self.worker.start(
            "sheet", [name], partial(self._sheet, suffix=suffix, content=content)
        )

    def palette(self, file: str, content: bytes) -> list[dict[str, str]]:
        """The entries of a palette file or picture. Raises ValueError."""
        with tempfile.TemporaryDirectory(prefix="colorrl-") as folder:
            path = Path(folder, "palette").with_suffix(Path(file).suffix.lower())
            path.write_bytes(content)
            try:
                found = read_palette(path)
            except (ValueError, OSError) as fault:
                raise ValueError(str(fault).replace(str(path), file)) from None
        colors = (found.colors * 255).round().int().tolist()
        pairs = zip(colors, found.names, strict=True)
        return [{"colour": "#" + bytes(color).hex(), "name": name} for color, name in pairs]

    def _color(self, name: str) -> None:
        with self.folder.lock:
            job = self.folder.job(name)
        if is_colored(job):
            return
        painted = self.painter.first(job)  # without the lock: clicks go on meanwhile
        with self.folder.lock, at_work([job], _files):
            try:
                self.painter.write_first(job, painted)
            except Conflict as fault:
                raise ValueError(str(fault)) from None

    def _recolor(self, name: str) -> int:
        with self.folder.lock:
            page, shape = self.folder.page(name), self.folder.page(name).shape
        return self._take(name, RECOLOR, self.painter.again(page), shape)

    def _sheet(self, name: str, suffix: str, content: bytes) -> int:
        with self.folder.lock:
            page, shape = self.folder.page(name), self.folder.page(name).shape
        with tempfile.TemporaryDirectory(prefix="colorrl-") as place:
            path = Path(place, SHEET).with_suffix(suffix)
            path.write_bytes(content)
            try:
                found = self.painter.sheet(page, path)
            except ValueError as fault:
                raise ValueError(str(fault).replace(f"{path}: ", "")) from None
        return self._take(name, SHEET, found, shape)

    def _take(self, name: str, act: str, found: Rows, shape: str) -> int:
        """Give areas the rows that were ``found`` for them; what a person decided since stays."""
        with self.folder.writing():
            page = self.folder.page(name)
            _check_shape(page, shape)
            kept = acts.kept(page.rows) if act == RECOLOR else acts.by_hand(page.rows)
            patch = acts.decided(page.rows, {r: row for r, row in found.items() if r not in kept})
            page.do(act, patch)
            return len(patch.touched)

    def _choose(self, name: str) -> dict[str, Any]:
        with self.folder.lock:
            page = self.folder.page(name)
        locked = [region for region, row in page.rows.items() if row["locked"]]
        key = [name, page.shape, locked, page.head["palette"]]  # all that decides them
        known = self._choices.get(name)
        if known is None or known[0] != key:
            known = self._choices[name] = (key, self.painter.choices(page))
        return {str(region): found for region, found in known[1].items()}

    def _export(self, name: str, kinds: Sequence[str], overwrite: bool) -> list[str]:
        with self.folder.lock:
            page, shape = self.folder.page(name), self.folder.page(name).shape
        drawn = self.painter.alternatives(page) if ALTERNATIVES in kinds else None
        with self.folder.lock:
            page = self.folder.page(name)
            _check_shape(page, shape)
            job, record = page.job, page.json
            again = Job(record.relative_to(job.output).as_posix(), record, job.stem, job.output)
            with at_work([job], _files):
                try:
                    export_page(again, [k for k in kinds if k not in MADE_ONCE], overwrite)
                    if drawn is not None:
                        write_kinds(again, drawn, [ALTERNATIVES], overwrite)
                except Conflict as fault:
                    raise ValueError(str(fault)) from None
        return list(kinds)

    def _pair(self, name: str) -> str:
        with self.folder.lock:
            return str(training.save_pair(self.folder.page(name)))

    def _preference(self, name: str) -> str:
        with self.folder.lock:
            page = self.folder.page(name)
            return str(training.save_preference(page, self.painter.generator.size))

    def _samples(self, name: str) -> str:
        with self.folder.lock:
            page = self.folder.page(name)
        drawn = self.painter.alternatives(page)
        with self.folder.lock:
            output, size = self.folder.output, self.painter.generator.size
            return str(training.save_samples(drawn, output, size))


def _check_shape(page: OpenPage, shape: str) -> None:
    if page.shape != shape:
        raise Stale("areas were joined or split in the meantime: ask again")


def _kinds(said: Said) -> list[str]:
    kinds = said.get("kinds", [])
    if not isinstance(kinds, list) or any(kind not in list(formats.FORMATS) for kind in kinds):
        raise ValueError(f"kinds is a list of {', '.join(formats.FORMATS)}")
    if said.get("work") == "export" and not kinds:
        raise ValueError("choose at least one kind of file")
    return kinds


def _files(job: Job) -> list[Path]:
    return formats.files_of(formats.FORMATS, job.stem)
