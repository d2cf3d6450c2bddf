"""A verb's work on every page of a folder: what is done is skipped, what fails stops nothing."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from colorrl.errors import UserError
from colorrl.export import journal
from colorrl.export.draft import sweep
from colorrl.export.jobs import Job
from colorrl.export.summary import Found, Report, one_line
from colorrl.parallel import Lost, in_turn
from colorrl.run.lock import lock_of, take

# of a page: what was found, or None where it was done before
Work = Callable[[Job], Found | None]
# the work of each job, as it ends; in this process, in others, on other machines
Spread = Callable[[Callable[[Job], Any], Sequence[Job]], Iterable[tuple[Job, Any]]]
# what a PSD may hold; beyond it a file is no page, and reading it takes for ever
MAX_BYTES = 2**31
EXPECTED = (OSError, ValueError, journal.Conflict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a page failed."""

    said: str  # one line


def run_pages(
    work: Work[Found], jobs: Sequence[Job], title: str, spread: Spread = in_turn
) -> Report[Found]:
    """``work`` of every job; a page that fails is reported, and the rest goes on."""
    start = time.monotonic()
    bar = partial(tqdm, total=len(jobs), desc=title, unit="page")
    ends = dict(bar(spread(partial(attempt, work), jobs))) if jobs else {}
    report: Report[Found] = Report({}, [], {}, max(time.monotonic() - start, 1e-9))
    for job in jobs:
        end, page = ends[job], one_line(job.page)
        if isinstance(end, Fault | Lost):
            report.failed[page] = end.said
        elif end is None:
            report.skipped.append(page)
        else:
            report.done[page] = end
    return report


def attempt(work: Work[Found], job: Job) -> Found | Fault | None:
    """What ``work`` makes of ``job``, or why it failed."""
    try:
        return work(job)
    except MemoryError:
        return Fault("not enough memory for a page of its size")
    except EXPECTED as fault:
        return Fault(one_line(str(fault) or type(fault).__name__))
    except Exception as fault:  # a fault of ours must not cost the night's other pages
        place = traceback.extract_tb(fault.__traceback__)[-1]
        said = f"unexpected {type(fault).__name__}: {fault} ({place.filename}:{place.lineno})"
        return Fault(one_line(said))


def make_once(
    job: Job,
    settings: str,
    files: list[Path],
    make: Callable[[str], Found],
    write: Callable[[Found], None],
    *,
    overwrite: bool,
    name: str = journal.NAME,
    record: Path | None = None,
    keep: Callable[[Found], dict[str, Any]] = lambda _: {},
) -> Found | None:
    """Make and write ``files`` of ``job`` unless the journal has them as done: then None.

    ``make`` takes the sha256 of the input; ``record``: see `journal.is_done`; ``keep``: fields of
    the journal's entry that what was made decides. Raises what it and ``write`` raise, and Conflict
    for files of others.
    """
    check_input(job)
    now = journal.Entry(job.page, journal.file_sha(job.path), settings, None)
    last = journal.read(job.output, job.page, name)
    if journal.is_done(job.output, files, last, now, overwrite, record):
        return None
    if record is not None and record not in files:  # an edit that stays is still one
        now = replace(now, edited=journal.is_edited(job.output, record, last))
    # noted only afterwards: a file that cannot be read claims no names
    made = make(now.input_sha)
    journal.note(job.output, journal.started(job.output, files, last, now), name)
    write(made)
    now = replace(now, **keep(made))
    journal.note(job.output, journal.finished(job.output, files, last, now), name)
    return made


def check_input(job: Job) -> None:
    """Raise OSError or ValueError for what would take for ever to read, or has no sane name."""
    if job.page != job.page.encode("utf-8", "replace").decode():
        raise ValueError(f"{job.path}: its name is not UTF-8; rename it")
    size = job.path.stat().st_size
    if not job.path.is_file():
        raise ValueError(f"{job.path}: not a file")
    if size > MAX_BYTES:
        raise ValueError(f"{job.path}: {size / 2**30:.0f} GB are too much for a page")


@contextmanager
def at_work(
    jobs: Sequence[Job],
    files: Callable[[Job], list[Path]],
    name: str = journal.NAME,
    *,
    shared: bool = False,
) -> Iterator[None]:
    """In the output folder of ``jobs`` as its only run, or as one of several shards.

    Without what a killed run left half-written, before and after: its processes may outlive it for
    a moment. Drafts of shards that are at work stay. Raises UserError if another run is at work,
    and where nothing can be written.
    """
    if not jobs:
        yield
        return
    output = jobs[0].output
    states = [journal.state_file(output, job.page, name) for job in jobs]
    own = {*states, *(file for job in jobs for file in files(job))}
    with lock_of(output / name) as lock:
        alone = take(lock, shared=False)
        if alone:
            sweep(output, own)
        if not (take(lock, shared=True) if shared else alone):
            raise UserError(
                f"another run of colorrl is at work in {output}: wait for its end, or choose "
                "another output (machines share one by shard=i/n)"
            )
        yield
        if take(lock, shared=False):
            sweep(output, own)
