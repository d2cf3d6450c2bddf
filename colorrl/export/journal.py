"""Which pages of a folder are done: what was made, from which input, with which settings.

The output folder holds a hidden folder with a small JSON file for each page, so that processes and
machines at work on one folder never write the same file. A page is noted as started before its
files are written, so that after a crash its files are known to be ours.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeGuard

from colorrl.export.draft import draft

NAME = ".colorize"  # of colorize and export
REGIONS = ".regions"
FOLDERS = (NAME, REGIONS)
# in place of a file's sha256, until it is complete
BEING_WRITTEN = ""
REMEDY = "give overwrite=true or another output"


class Conflict(Exception):
    """Files stand where a page's results would go, and nobody allowed replacing them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The state of one page."""

    page: str  # path below the input folder, with forward slashes
    input_sha: str  # sha256 of the input file
    settings: str  # hash of all that decides the colours
    made: dict[str, str] | None  # path below the output folder -> sha256; None = started
    edited: bool = False  # written again by `colorrl export` after an edit by hand
    notes: list[list[str]] = field(default_factory=list)  # kind and text of each of its notes
    asked: str = ""  # hash of the settings without the page's hints
    colours: dict[str, str | None] = field(default_factory=dict)  # by region, as they were made
    palette: list[list[str]] | None = None  # colour and name, as they were made; None = not kept


def file_sha(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def state_file(folder: Path, page: str, name: str = NAME) -> Path:
    """Where the state of ``page`` is kept."""
    return folder / name / f"{page}.json"


def read(folder: Path, page: str, name: str = NAME) -> Entry | None:
    """The last entry of ``page`` in ``folder``; None if it was never noted."""
    path = state_file(folder, page, name)
    # a file that a failing disk damaged: the page's files count as a stranger's, and stay
    try:
        return Entry(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def note(folder: Path, entry: Entry, name: str = NAME) -> None:
    """Keep ``entry`` as the state of its page in ``folder``."""
    row = json.dumps(asdict(entry), ensure_ascii=False)
    with draft(state_file(folder, entry.page, name)) as path:
        path.write_text(f"{row}\n", encoding="utf-8")


def made_in(folder: Path) -> set[Path]:
    """The files that were made in ``folder`` for any page."""
    found: set[Path] = set()
    for name in FOLDERS:
        for state in (folder / name).rglob("*.json"):
            page = state.relative_to(folder / name).as_posix().removesuffix(".json")
            entry = read(folder, page, name)
            found |= {folder / file for file in (entry.made or {} if entry else {})}
    return found


def started(folder: Path, files: list[Path], before: Entry | None, now: Entry) -> Entry:
    """``now`` with ``files`` as being written, beside what ``before`` made of the same origin."""
    return _joined(before, now, dict.fromkeys(_names(folder, files), BEING_WRITTEN))


def finished(folder: Path, files: list[Path], before: Entry | None, now: Entry) -> Entry:
    """``now`` with ``files`` as made, beside what ``before`` made of the same origin."""
    return _joined(before, now, dict(zip(_names(folder, files), map(file_sha, files), strict=True)))


def is_done(
    folder: Path,
    files: list[Path],
    before: Entry | None,
    now: Entry,
    overwrite: bool,
    record: Path | None = None,
) -> bool:
    """True if ``files`` are already the results of ``now``, False if they may be written.

    ``before`` is the page's last entry, ``record`` the file that people edit to have others made
    again. Results that a person changed stay as they are. Raises Conflict, where ``overwrite`` is
    false, if files exist that differ in origin or would not be those of an edited ``record``.
    """
    present = [file for file in files if file.exists()]
    edited = [record] if record is not None and is_edited(folder, record, before) else []
    if not present and not edited:
        return False
    if not _same_origin(before, now):
        if overwrite:
            return False
        raise Conflict(f"{_stranger([*present, *edited][0], before, now)}; {REMEDY}")
    changed = edited or _changed(folder, present, before)
    if len(present) == len(files) and not _cut_short(folder, files, before):
        return not (changed and overwrite)
    if changed and not overwrite:
        raise Conflict(
            f"{changed[0]} was changed by hand: `colorrl export` makes other kinds of what is "
            "there and keeps the change; overwrite=true would undo it"
        )
    return False


def is_edited(folder: Path, record: Path, before: Entry | None) -> bool:
    """Whether a person changed ``record`` since ``before`` made it, exported since then or not."""
    if before is None or before.made is None or not record.exists():
        return False
    known = before.made.get(_names(folder, [record])[0], BEING_WRITTEN)
    return before.edited or (known != BEING_WRITTEN and known != file_sha(record))


def folder_of(path: Path) -> Path:
    """The nearest folder above ``path`` with a journal, or its own folder if there is none."""
    with_journal = (folder for folder in path.parents if (folder / NAME).exists())
    return next(with_journal, path.parent)


def is_current(folder: Path, files: list[Path], before: Entry | None) -> bool:
    """True if all ``files`` are there as ``before`` made them."""
    if before is None or not all(file.exists() for file in files):
        return False
    return not _cut_short(folder, files, before) and not _changed(folder, files, before)


def check_untouched(folder: Path, files: list[Path], before: Entry | None) -> None:
    """Raise Conflict if one of ``files`` is there and not as ``before`` made it."""
    present = [file for file in files if file.exists()]
    changed = present if before is None else _changed(folder, present, before)
    if changed:
        raise Conflict(f"{changed[0]} was changed by hand or is not ours; give overwrite=true")


def _same_origin(before: Entry | None, now: Entry) -> TypeGuard[Entry]:
    return before is not None and (before.page, before.input_sha, before.settings) == (
        now.page,
        now.input_sha,
        now.settings,
    )


def _joined(before: Entry | None, now: Entry, made: dict[str, str]) -> Entry:
    earlier = before.made if _same_origin(before, now) else None
    return replace(now, made=(earlier or {}) | made)


def _names(folder: Path, files: list[Path]) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in files]


def _cut_short(folder: Path, files: list[Path], before: Entry) -> bool:
    """True if ``before`` started one of ``files`` and did not get to its end."""
    made = before.made
    return made is None or any(made.get(n) == BEING_WRITTEN for n in _names(folder, files))


def _changed(folder: Path, present: list[Path], before: Entry) -> list[Path]:
    """Those of ``present`` that are not as ``before`` made them; what was cut short is nobody's."""
    if before.made is None:
        return []
    made = [before.made.get(name) for name in _names(folder, present)]
    return [
        file
        for file, sha in zip(present, made, strict=True)
        if sha != BEING_WRITTEN and sha != file_sha(file)
    ]


def _stranger(file: Path, before: Entry | None, now: Entry) -> str:
    if before is None:
        return f"{file} exists and was not made by colorrl"
    if before.settings != now.settings:
        return f"{file} was made with other settings or hints"
    return f"{file} was made from an earlier version of the sketch"
