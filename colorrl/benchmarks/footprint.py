"""What a command costs: wall time, processor time, and memory over all of its processes."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

EVERY_S = 0.1  # between looks at the memory


@dataclass(frozen=True, slots=True)
class Footprint:
    """A command's cost."""

    wall_s: float
    processor_s: float  # of all its processes
    peak_mb: float  # of all its processes together, shared memory counted once; a megabyte is 10^6


def watched(command: Sequence[str], log: Path) -> Footprint:
    """Run ``command`` to its end, its output in ``log``. Raises CalledProcessError if it fails."""
    began, peak = time.monotonic(), 0.0
    used: dict[int, float] = {}  # processor seconds by process, as last seen
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak = max(peak, _look(process.pid, used))
            time.sleep(EVERY_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, log.read_text())
    return Footprint(time.monotonic() - began, sum(used.values()), peak / 1e6)


def _look(pid: int, used: dict[int, float]) -> float:
    """Bytes of a process and its descendants; pages that several share are split among them.

    Their processor seconds go into ``used``: what the system adds up for a parent lacks workers
    that their parent did not wait for, and these only what they did after the last look.
    """
    total = 0.0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.Error):
                times = process.cpu_times()
                used[process.pid] = times.user + times.system
                total += process.memory_full_info().pss
    return total


def children_s() -> float:
    """Processor seconds of all programs that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
