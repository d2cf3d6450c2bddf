"""Folders on any store that fsspec knows (s3://, gs://, memory://, ..): pages come and go by copy.

A page is fetched into a folder of its own on this machine, made there as any other, and put
back: first the note that it is started, then its files, then the note that it is done. Stores
put an object whole or not at all.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from colorrl.export import journal
from colorrl.export.draft import draft
from colorrl.export.hint_files import candidates, is_meant_as_hints
from colorrl.export.jobs import Job, job_of
from colorrl.export.run import Fault, attempt
from colorrl.export.stores import is_url, mirror, store_of, url_of
from colorrl.images.folder import SUFFIXES


def find_staged(source: str, output: str) -> list[Job]:
    """As ``find_jobs`` where one of both is a URL; paths are those of ``mirror``."""
    here, there = mirror(source), mirror(output)
    if here == there:
        raise ValueError(f"output is the input folder {source}: choose another one")
    fs, root = store_of(source)
    if not fs.exists(root):
        raise FileNotFoundError(f"{source} does not exist")
    base = here.parent if fs.isfile(root) else here
    found = [here / Path(name).relative_to(root) for name in fs.find(root)]
    results = {there, *(made for path in found for made in _results_above(path))}
    pages = [
        path
        for path in found
        if _is_page(path.relative_to(base)) and not results & set(path.parents)
    ]
    if not pages:
        raise ValueError(f"{source} holds no {', '.join(sorted(SUFFIXES))} file")
    jobs = [job_of(path.relative_to(base).as_posix(), path, there) for path in sorted(pages)]
    apart = here.parts[0] != there.parts[0]
    return [replace(job, url=url_of(job.path)) for job in jobs] if apart else jobs


def _results_above(path: Path) -> list[Path]:
    return [folder.parent for folder in path.parents if folder.name in journal.FOLDERS]


def _is_page(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return path.suffix.lower() in SUFFIXES and not hidden and not is_meant_as_hints(path.name)


@dataclass(frozen=True, slots=True)
class Staged:
    """``work`` on jobs of ``find_staged``."""

    work: Callable[[Job], Any]
    files: Callable[[Job], list[Path]]  # that it may write

    def __call__(self, job: Job) -> Any:
        with tempfile.TemporaryDirectory(prefix="colorrl-") as name:
            stage = Path(name).resolve()
            for path in (
                job.path,
                *candidates(job.path),
                journal.state_file(job.output, job.page),
                *self.files(job),
            ):
                _fetch(path, stage)
            paths = {key: stage / getattr(job, key) for key in ("path", "stem", "output")}
            end = attempt(self.work, replace(job, **paths))
            if isinstance(end, Fault):  # what a person reads names the store, not the copy
                return Fault(end.said.replace(f"{stage}/", ""))
            if end is not None:
                _publish(job, self.files(job), stage)
            return end


def _publish(job: Job, files: list[Path], stage: Path) -> None:
    state, output = journal.state_file(job.output, job.page), stage / job.output
    done = journal.read(output, job.page)
    assert done is not None
    journal.note(output, journal.started(job.output, files, done, replace(done, made=None)))
    _put(state, stage)
    for file in files:
        _put(file, stage)
    journal.note(output, done)
    _put(state, stage)


@contextmanager
def landing(output: str) -> Iterator[Path]:
    """A folder whose files become those of ``output`` at the end: itself where it is local."""
    if not is_url(output):
        yield Path(output)
        return
    with tempfile.TemporaryDirectory(prefix="colorrl-") as name:
        folder = Path(name, mirror(output))
        folder.mkdir(parents=True)
        yield folder
        for file in folder.iterdir():
            _put(file.relative_to(name), Path(name))


def _fetch(path: Path, stage: Path) -> None:
    fs, place = store_of(url_of(path))
    if fs.exists(place):
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        fs.get_file(place, str(stage / path))


def _put(path: Path, stage: Path) -> None:
    fs, place = store_of(url_of(path))
    if isinstance(fs, LocalFileSystem):
        with draft(Path(place)) as part:
            shutil.copyfile(stage / path, part)
    else:
        fs.put_file(str(stage / path), place)
