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
    before, began, peak = children_s(), time.monotonic(), 0.0
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak = max(peak, _shared_out(process.pid))
            time.sleep(EVERY_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, log.read_text())
    return Footprint(time.monotonic() - began, children_s() - before, peak / 1e6)


def _shared_out(pid: int) -> float:
    """Bytes of a process and its descendants; pages that several share are split among them."""
    total = 0.0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.Error):
                total += process.memory_full_info().pss
    return total


def children_s() -> float:
    """Processor seconds of all programs that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
