"""Seconds that the steps of an update take."""

from __future__ import annotations

import time

import torch


class Clock:
    """Seconds since the last lap, by name, with what was asked of ``device`` done."""

    def __init__(self, device: torch.device) -> None:
        self.times: dict[str, float] = {}
        self.device = device
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        now = time.monotonic()
        self.times[f"time/{name}_s"] = now - self._last
        self._last = now
