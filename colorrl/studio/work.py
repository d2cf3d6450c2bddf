"""Long work, one piece after another in a thread of its own, with progress for who asks."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from colorrl.errors import UserError

KEPT = 200  # finished works that are remembered
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Work:
    """One piece: ``step`` of each of ``items``. What fails stops nothing."""

    id: int
    kind: str
    items: Sequence[str]
    step: Callable[[str], Any] = field(repr=False)
    done: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # item -> why
    result: Any = None  # of the last step
    cancelled: bool = False
    ended: bool = False

    def values(self) -> dict[str, Any]:
        """For the page."""
        keys = ("id", "kind", "done", "failed", "result", "cancelled", "ended")
        now = self.items[self.done] if self.done < len(self.items) else None
        return {key: getattr(self, key) for key in keys} | {"of": len(self.items), "now": now}


class Worker:
    """Works in the order in which they are asked for."""

    def __init__(self) -> None:
        self._works: dict[int, Work] = {}
        self._numbers = itertools.count(1)
        self._queue: queue.Queue[Work] = queue.Queue()
        threading.Thread(target=self._run, daemon=True).start()

    def start(self, kind: str, items: Sequence[str], step: Callable[[str], Any]) -> Work:
        """Put a piece of work in the queue."""
        work = Work(next(self._numbers), kind, items, step)
        self._works[work.id] = work
        for old in [i for i, w in self._works.items() if w.ended][:-KEPT]:
            del self._works[old]
        self._queue.put(work)
        return work

    def find(self, number: object) -> Work:
        """Raises ValueError for a number that is none."""
        work = self._works.get(number) if isinstance(number, int) else None
        if work is None:
            raise ValueError(f"there is no work {str(number)[:40]!r}")
        return work

    def _run(self) -> None:
        while True:
            work = self._queue.get()
            for item in work.items:
                if work.cancelled:
                    break
                try:
                    work.result = work.step(item)
                except (OSError, ValueError, UserError) as fault:
                    work.failed[item] = str(fault)
                except Exception as fault:  # a fault of ours must not end the server
                    log.exception("%s: %s", work.kind, item)
                    work.failed[item] = f"{type(fault).__name__}: {fault}"
                work.done += 1
            work.ended = True
