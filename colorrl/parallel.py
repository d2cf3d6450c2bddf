"""The same work on many items, in processes of one thread each."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import cv2
import torch
from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")


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


def one_thread() -> None:
    """The processes are the parallelism: threads inside them would fight for the same cores."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
