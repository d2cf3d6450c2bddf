"""Work that may hang, crash or eat memory, done in processes that take nothing with them."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError
from dataclasses import dataclass
from typing import TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool
from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of an item without a result."""

    result: str  # hang or crash
    said: str


def supervised_map(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int,
    timeout_s: float,
    memory_gb: float,
    title: str,
) -> list[Result | Lost]:
    """``work`` of each item, in order; ``Lost`` for one over its time or whose process died.

    In a process of more than ``memory_gb`` allocations fail. What ``work`` raises is raised here.
    """
    # spawn: a fork of a process whose torch has started threads may hang
    context = multiprocessing.get_context("spawn")
    limits = {"initializer": _limit_memory, "initargs": (memory_gb,)}
    with ProcessPool(max(1, workers), context=context, **limits) as pool:  # type: ignore[arg-type]
        calls = [pool.schedule(work, (item,), timeout=timeout_s) for item in items]
        try:
            return [_end(call, timeout_s) for call in tqdm(calls, desc=title, unit="input")]
        except BaseException:
            pool.stop()  # leaving the block would first finish what is scheduled
            raise


def _end(call: ProcessFuture, timeout_s: float) -> Result | Lost:
    try:
        return call.result()
    except TimeoutError:
        return Lost("hang", f"over {timeout_s:g} s")
    except ProcessExpired as end:
        return Lost("crash", f"exit code {end.exitcode}")


def _limit_memory(memory_gb: float) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (int(memory_gb * 2**30), hard))
