"""Batches made ahead of the step that needs them. Each is a function of its step alone, so that
the number of threads changes nothing but the time.

Threads, not processes: a fork of a process whose torch or OpenCV has started threads may hang, and
another start would copy every sketch. Much of a draw is in numpy, OpenCV and torch, which let
other threads run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from colorrl.types import SketchBatch


def batches(
    draw: Callable[[int], SketchBatch], start: int, stop: int, loaders: int
) -> Iterator[SketchBatch]:
    """``draw`` of each step from ``start`` to ``stop - 1``, made by ``loaders`` threads, two
    ahead each; 0 makes them when they are asked for."""
    if loaders == 0:
        yield from map(draw, range(start, stop))
        return
    pool = ThreadPoolExecutor(loaders)
    try:
        ahead = 2 * loaders
        made = deque(pool.submit(draw, s) for s in range(start, min(start + ahead, stop)))
        for step in range(start + ahead, stop + ahead):
            batch = made.popleft().result()
            if step < stop:
                made.append(pool.submit(draw, step))
            yield batch
    finally:
        pool.shutdown(cancel_futures=True)
