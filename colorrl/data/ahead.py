"""Batches made ahead of the step that needs them. Each is a function of its step alone, so that
the number of processes changes nothing but the time."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import cv2
from torch.utils.data import DataLoader, Dataset

from colorrl.types import SketchBatch


class Steps(Dataset[SketchBatch]):
    """Batches by step."""

    def __init__(self, draw: Callable[[int], SketchBatch]) -> None:
        self.draw = draw

    def __getitem__(self, step: int) -> SketchBatch:
        return self.draw(step)


def batches(
    draw: Callable[[int], SketchBatch], start: int, stop: int, loaders: int
) -> Iterator[SketchBatch]:
    """``draw`` of each step from ``start`` to ``stop - 1``, made by ``loaders`` processes, two
    ahead each; 0 makes them when they are asked for."""
    loader: DataLoader[SketchBatch] = DataLoader(
        Steps(draw),
        batch_size=None,
        sampler=range(start, stop),
        num_workers=loaders,
        worker_init_fn=_quiet,
    )
    return iter(loader)


def _quiet(worker: int) -> None:
    """One thread, as torch has in here, and deaf to Ctrl-C: it is the run that stops."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
