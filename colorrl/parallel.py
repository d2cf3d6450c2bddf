"""The same work on many items, in processes of one thread each."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import cv2
import torch
from pebble import ProcessExpired, ProcessPool
from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")
# not a plain fork: that of a process whose torch has started threads may hang
START = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


@dataclass(frozen=True, slots=True)
class Lost:
    """An item whose process died."""

    said: str


def parallel_map(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int,
    title: str,
    unit: str,
    chunk: int = 1,
) -> list[Result]:
    """``work`` of each item, in order, in ``workers`` processes, with a progress bar.

    ``work`` and what it returns must pickle. One worker is this process, which keeps its one
    thread afterwards.
    """
    bar = partial(tqdm, total=len(items), desc=title, unit=unit)
    if workers <= 1:
        one_thread()
        return list(bar(map(work, items)))
    # spawn: a fork of a process whose torch has started threads may hang
    with multiprocessing.get_context("spawn").Pool(workers, one_thread) as pool:
        return list(bar(pool.imap(work, items, chunksize=chunk)))


def in_turn(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
    """``work`` of each item in this process, which keeps its one thread afterwards."""
    one_thread()
    for item in items:
        yield item, work(item)


def in_processes(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    cost: Callable[[Item], float],
    budget: float,
    ahead: Callable[[Item], None] = lambda item: None,
    module: str,
) -> Iterator[tuple[Item, Result | Lost]]:
    """``work`` of each item as it ends, in ``workers`` processes that die with this one.

    Items wait until their ``cost`` fits in ``budget`` with those at work; one that never fits
    is done alone. ``ahead`` gets the next item while others are at work. An item whose
    process dies is ``Lost``. ``work`` must pickle; ``module`` is imported once for all processes,
    which then share its memory.
    """
    context = multiprocessing.get_context(START)
    if START == "forkserver":
        context.set_forkserver_preload([module])
    with ProcessPool(workers, context=context, initializer=_hire, initargs=(work,)) as pool:
        try:
            yield from _as_they_end(pool, deque(items), workers, cost, budget, ahead)
        except BaseException:
            pool.stop()  # leaving the block would first finish what is scheduled
            raise


def _as_they_end(
    pool: ProcessPool,
    waiting: deque[Any],
    workers: int,
    cost: Callable[[Any], float],
    budget: float,
    ahead: Callable[[Any], None],
) -> Iterator[tuple[Any, Any]]:
    running: dict[Future[Any], tuple[Any, float]] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            needed = cost(waiting[0])
            if running and needed + sum(taken for _, taken in running.values()) > budget:
                break
            item = waiting.popleft()
            running[pool.schedule(_do, (item,))] = item, needed
        for item in islice(waiting, 1):
            ahead(item)
        for call in wait(running, return_when=FIRST_COMPLETED).done:
            item, _ = running.pop(call)
            yield item, _end(call)


def _end(call: Future[Any]) -> Any:
    try:
        return call.result()
    except ProcessExpired as end:
        return Lost(f"its process died (exit code {end.exitcode}), perhaps for want of memory")


_work: Callable[[Any], Any] | None = None  # of this worker process


def _hire(work: Callable[[Any], Any]) -> None:
    global _work
    one_thread()
    _work = work
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _do(item: Any) -> Any:
    assert _work is not None
    return _work(item)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def one_thread() -> None:
    """The processes are the parallelism: threads inside them would fight for the same cores."""
    cv2.setNumThreads(1)
    if torch.get_num_threads() > 1:  # setting it waits for good in a fork of a process with threads
        torch.set_num_threads(1)
