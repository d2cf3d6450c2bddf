"""The pages of a folder as the studio knows them: their state, and who may write now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorrl.errors import UserError
from colorrl.export import formats, journal, regions
from colorrl.export.jobs import Job, find_jobs
from colorrl.export.journal import file_sha
from colorrl.report.review import row
from colorrl.run.lock import lock_of, take
from colorrl.studio.open_page import FOLDER, OpenPage

PLAIN, COLORED, CORRECTED, EXPORTED, REFUSED = (
    "plain",
    "colored",
    "corrected",
    "exported",
    "refused",
)


class Busy(ValueError):
    """A command of colorrl is at work in the folder."""


class NoPage(ValueError):
    """The folder has no such page."""


@dataclass(frozen=True, slots=True)
class State:
    """One row of the list of pages."""

    page: str
    state: str
    sure: float | None = None  # mean confidence in [0, 1]
    unsure: int = 0  # areas below .5
    why: str = ""  # it is refused
    stamp: int = 0  # changes with the page's colours


class Folder:
    """A folder of sketches and that of their results. ``lock`` is held by who reads or writes."""

    def __init__(self, source: Path, output: Path) -> None:
        self.source, self.output = source, output
        self.lock = threading.RLock()
        self._open: dict[str, OpenPage] = {}
        self._states: dict[str, tuple[Any, State]] = {}
        self.jobs()

    def jobs(self) -> dict[str, Job]:
        """The sketches that are there now. UserError where there is none."""
        try:
            found = find_jobs(self.source, self.output)
        except (OSError, ValueError) as fault:
            raise UserError(str(fault)) from None
        return {job.page: job for job in found}

    def job(self, name: object) -> Job:
        """The job of the page ``name``. NoPage, or ValueError for a link to elsewhere."""
        found = self.jobs().get(name) if isinstance(name, str) else None
        if found is None:
            raise NoPage(f"there is no page {str(name)[:80]!r}")
        self._check_inside(found)
        return found

    def page(self, name: object) -> OpenPage:
        """The page ``name``, up to date. Raises as ``job``, and ValueError for bad files."""
        job = self.job(name)
        page = self._open.get(job.page)
        if not is_colored(job):
            self._open.pop(job.page, None)
            raise ValueError(f"{job.page} is not coloured yet")
        if page is None:
            page = OpenPage(job)
            self._check_line(page)
            self._open[job.page] = page
        page.refresh()
        for other in self._open.values():  # one drawing at a time: memory
            if other is not page:
                other.forget_pixels()
        return page

    @contextmanager
    def writing(self) -> Iterator[None]:
        """As the only one at work on the results. Raises Busy while a command is.

        Not around what takes that lock itself: POSIX gives it to a process, once.
        """
        with self.lock, lock_of(self.output / journal.NAME) as file:
            if not take(file, shared=False):
                raise Busy("a colorrl command is at work in the folder: wait for its end")
            yield

    def states(self) -> list[State]:
        """Every page, the least sure first, then those that are not coloured."""
        found = [self.state(job) for job in self.jobs().values()]
        return sorted(found, key=lambda s: (s.sure is None, s.sure or 0.0, s.page))

    def state(self, job: Job) -> State:
        """That of one page."""
        path, note = Path(f"{job.stem}{regions.JSON}"), journal.state_file(job.output, job.page)
        key = [(f.stat().st_mtime_ns, f.stat().st_size) for f in (path, note) if f.exists()]
        last, state = self._states.get(job.page, (None, None))
        if state is None or last != key:
            state = self._state(job, path)
            self._states[job.page] = (key, state)
        return state

    def _state(self, job: Job, path: Path) -> State:
        try:
            self._check_inside(job)
            if not is_colored(job):
                return State(job.page, PLAIN)
            entry = journal.read(job.output, job.page)
            found = row(job.page, [], path.read_bytes())
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            return State(job.page, REFUSED, why=str(fault))
        stamp = path.stat().st_mtime_ns // 1000
        return State(job.page, _stage(job, path, entry), found.sure, found.unsure, stamp=stamp)

    def _check_inside(self, job: Job) -> None:
        """Raise ValueError for a page or a result that is a link to another place."""
        root = self.source if self.source.is_dir() else self.source.parent
        results = [job.output / FOLDER / f"{job.page}.jsonl"]
        results += [journal.state_file(job.output, job.page)]
        results += formats.files_of(formats.FORMATS, job.stem)
        for path, home in [(job.path, root), *((file, self.output) for file in results)]:
            if not path.resolve().is_relative_to(home.resolve()):
                raise ValueError(f"{path.name} is a link out of the folder: copy the file there")

    def _check_line(self, page: OpenPage) -> None:
        named = page.json.parent / page.head["line"]
        if named.resolve() != page.job.path.resolve():
            raise ValueError(f"{page.json.name} is of another sketch: {page.head['line']}")
        if file_sha(page.job.path) != page.head["line_sha256"]:
            raise ValueError(
                f"{page.job.page} has changed since it was coloured: colour it again with "
                "colorrl colorize overwrite=true"
            )


def is_colored(job: Job) -> bool:
    """Whether there are the files that a page is edited by."""
    return Path(f"{job.stem}{regions.JSON}").exists() and Path(f"{job.stem}{regions.PNG}").exists()


def _stage(job: Job, path: Path, entry: journal.Entry | None) -> str:
    made = (entry.made if entry else None) or {}
    own = {
        file.relative_to(job.output).as_posix() for file in formats.files_of(["regions"], job.stem)
    }
    current = made.get(path.relative_to(job.output).as_posix()) == file_sha(path)
    if current and any((job.output / name).exists() for name in made.keys() - own):
        return EXPORTED
    return CORRECTED if journal.is_edited(job.output, path, entry) else COLORED
