"""A job that is killed at any moment goes on to the same bytes: real processes, SIGKILL."""

import itertools
import multiprocessing
import os
import random
import signal
import threading
import time
from contextlib import contextmanager
from functools import partial

import psutil
import pytest
from tqdm import tqdm

from colorrl import parallel
from colorrl.errors import UserError
from colorrl.export.jobs import find_jobs
from colorrl.export.run import at_work
from colorrl.parallel import in_processes, in_turn
from tests.coloring import HashGenerator, run, save
from tests.regions.drawings import NAMES, draw

KINDS = ["flats", "composite", "regions", "psd", "ora", "palettes", "thumbnail"]
KILLS = 20
# Forks of a process that has the imports and no threads: those that other tests leave in this one
# can hold a lock for good in its forks. Imports of 40 processes would take longer than all pages.
FRESH = multiprocessing.get_context("forkserver")
FRESH.set_forkserver_preload(["tests.coloring", "colorrl.pages.colorize_folder"])


def color(source, output, workers, **options):
    # the usual lock is shared with processes that are killed while they hold it
    tqdm.set_lock(threading.RLock())
    options = {"kinds": KINDS} | options
    if workers > 1:
        # a fork, without the imports of another start: there are no threads yet
        parallel.START = "fork"
        processes = {"workers": workers, "cost": lambda job: 1, "budget": workers, "module": ""}
        options["spread"] = partial(in_processes, **processes)
    return run(source, output, generator=HashGenerator(), **options)


def contents(folder):
    """Every file, hidden ones too: the journal, and drafts if any were left."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def n_files(folder):
    return sum(path.is_file() for path in folder.rglob("*"))


def has_moved(job, output, found):
    """Whether ``job`` has ended or ``output`` no longer has ``found`` files."""
    return not job.is_alive() or n_files(output) != found


@pytest.fixture
def pages(tmp_path):
    for i in range(24):
        save(tmp_path / "그림" / f"{i % 3}화" / f"{i}.png", draw(NAMES[i % 4], 96 + i, 3))
    return tmp_path / "그림"


def alone(call):
    """``call`` in a process of its own, which may be killed."""
    process = FRESH.Process(target=call)
    process.start()
    return process


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_random_moments_it_ends_with_the_same_bytes(pages, tmp_path, workers):
    start = time.monotonic()
    whole = alone(partial(color, pages, tmp_path / "whole", workers))
    whole.join()
    seconds = time.monotonic() - start
    wanted = contents(tmp_path / "whole")
    assert len(wanted) == 24 * 11 + 1  # the lock
    dice, lives, kills, cut = random.Random(workers), 0, 0, 0
    output = tmp_path / "0"
    while kills < KILLS:
        found = n_files(output)
        job = alone(partial(color, pages, output, workers))
        if kills % 4:  # the others may meet a job that has not begun to write
            until(partial(has_moved, job, output, found))
        job.join(timeout=dice.uniform(0, seconds / 3))
        if job.is_alive():
            os.kill(job.pid, signal.SIGKILL)
            job.join()
            kills += 1
            cut += 0 < len(contents(output) if output.exists() else {}) < len(wanted)
            continue
        assert job.exitcode == 0 and contents(output) == wanted
        lives += 1
        output = tmp_path / str(lives)
    report = color(pages, output, 1)
    assert not report.failed and contents(output) == wanted
    assert cut > KILLS / 2, "most kills are to meet a job in its middle"


def test_a_killed_process_leaves_no_draft(pages, tmp_path):
    output = tmp_path / "out"
    color(pages, output, 1)
    wanted = contents(output)
    left = output / "1화" / ".1.psd.0123abcd.part"
    left.write_bytes(b"half")
    stranger = output / "1화" / ".notes.0123abcd.part"
    stranger.write_bytes(b"a person's own")
    color(pages, output, 1)
    assert not left.exists() and stranger.exists()
    stranger.unlink()
    assert contents(output) == wanted


def test_a_second_run_leaves_a_live_one_alone(pages, tmp_path):
    output = tmp_path / "out"
    draft = output / "1화" / ".1.flats.png.0123abcd.part"
    with at_work_elsewhere(pages, output, draft, shared=False):
        for shared in (False, True):
            with pytest.raises(UserError, match="another run of colorrl is at work"):
                color(pages, output, 1, shared=shared)
        assert draft.exists()
    # it was killed: its draft is nobody's now
    assert draft.exists()
    color(pages, output, 1)
    assert not draft.exists()


def test_a_shard_works_beside_a_shard_and_a_whole_run_is_refused(pages, tmp_path):
    output = tmp_path / "out"
    draft = output / "1화" / ".1.flats.png.0123abcd.part"
    with at_work_elsewhere(pages, output, draft, shared=True):
        color(pages, output, 1, shared=True)
        assert draft.exists()
        with pytest.raises(UserError, match="another run of colorrl is at work"):
            color(pages, output, 1)
    color(pages, output, 1, shared=True)
    assert not draft.exists()


@contextmanager
def at_work_elsewhere(pages, output, draft, *, shared):
    """Another process at work on ``pages``, in the middle of ``draft``, until it is killed."""
    other = alone(partial(_write_for_ever, pages, output, draft, shared))
    until(lambda: draft.exists())
    yield
    os.kill(other.pid, signal.SIGKILL)
    other.join()


def _write_for_ever(pages, output, draft, shared):
    with at_work(find_jobs(pages, output), lambda job: [], shared=shared):
        draft.parent.mkdir(parents=True)
        draft.write_bytes(b"half, and growing")
        time.sleep(120)


@pytest.mark.slow
def test_the_number_of_processes_changes_no_byte(pages, tmp_path):
    for workers in (1, 3):
        job = alone(partial(color, pages, tmp_path / str(workers), workers))
        job.join()
        assert job.exitcode == 0
    assert contents(tmp_path / "1") == contents(tmp_path / "3")


def test_a_page_that_kills_its_process_costs_no_other(monkeypatch):
    items = [3, -9, 5]
    monkeypatch.setattr(parallel, "START", "fork")
    options = {"workers": 2, "cost": float, "budget": 9.0, "module": ""}
    found = dict(in_processes(_die_at_negative, items, **options))
    assert found[3] == 9 and found[5] == 25
    assert "exit code" in found[-9].said


def _die_at_negative(item):
    if item < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return item**2


def test_processes_die_with_the_one_that_made_them(tmp_path):
    job = alone(partial(_linger_in_two, tmp_path))
    until(lambda: len(list(tmp_path.iterdir())) == 2)
    pids = [int(path.name) for path in tmp_path.iterdir()]
    assert all(map(is_alive, pids))
    os.kill(job.pid, signal.SIGKILL)
    job.join()
    until(lambda: not any(map(is_alive, pids)))


def _linger_in_two(folder):
    parallel.START = "fork"
    linger = partial(_linger, folder)
    list(in_processes(linger, [1, 2], workers=2, cost=float, budget=9, module=""))


def _linger(folder, item):
    (folder / str(os.getpid())).touch()
    time.sleep(120)


def is_alive(pid):
    try:
        # a dead process that nobody waits for still has its name
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until(holds):
    """Wait for it; a minute is for ever."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_items_wait_for_room(tmp_path, monkeypatch):
    """Costs of 2 with a budget of 3: never two at once, whatever the workers."""
    stamps = partial(_stamp, tmp_path)
    monkeypatch.setattr(parallel, "START", "fork")
    list(in_processes(stamps, range(4), workers=3, cost=lambda i: 2, budget=3, module=""))
    spans = sorted(tuple(map(float, p.read_text().split())) for p in tmp_path.iterdir())
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def _stamp(folder, item):
    start = time.monotonic()
    time.sleep(0.05)
    (folder / str(item)).write_text(f"{start} {time.monotonic()}")
    return item


def test_in_turn_is_the_same_work():
    assert dict(in_turn(abs, [-1, 2])) == {-1: 1, 2: 2}
