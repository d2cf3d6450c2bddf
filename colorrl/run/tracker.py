"""The border to trackers: what a run reports, to all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

# types of artifacts that are checkpoints: those of the end, and every one as it is written
LATEST, BEST, EVERY = "checkpoint", "best-checkpoint", "every-checkpoint"

Metrics = Mapping[str, float]
Rows = Sequence[Mapping[str, Any]]  # a table: str, numbers, or pictures as (3, h, w) tensors


@dataclass(frozen=True, slots=True)
class Run:
    """What a tracker may know of the run it follows."""

    folder: Path
    verb: str
    name: str
    seed: int
    config_hash: str
    config: Mapping[str, Any]  # plain values
    resumed: int | None = None  # step the checkpoint was taken at; None = a new run


class Tracker(Protocol):
    """``step`` counts updates, ``images`` those sampled so far: the x axis of every curve."""

    def log(
        self,
        step: int,
        images: int,
        metrics: Metrics,
        histograms: Mapping[str, Tensor] | None = None,
    ) -> None: ...

    def images(self, step: int, name: str, grid: Tensor, rows: Rows | None = None) -> None:
        """A panel: ``grid`` (3, H, W) sRGB in [0, 1], ``rows`` its table of scores."""
        ...

    def artifact(self, path: Path, type: str) -> None: ...

    def alert(self, title: str, text: str) -> None:
        """Somebody should look at this run."""
        ...

    def finish(self, summary: Metrics) -> None: ...


@dataclass(frozen=True, slots=True)
class Trackers:
    """Calls each of ``members`` in turn; empty, it is the silent tracker of a second process."""

    members: Sequence[Tracker] = ()

    def log(
        self,
        step: int,
        images: int,
        metrics: Metrics,
        histograms: Mapping[str, Tensor] | None = None,
    ) -> None:
        for tracker in self.members:
            tracker.log(step, images, metrics, histograms)

    def images(self, step: int, name: str, grid: Tensor, rows: Rows | None = None) -> None:
        for tracker in self.members:
            tracker.images(step, name, grid, rows)

    def artifact(self, path: Path, type: str) -> None:
        for tracker in self.members:
            tracker.artifact(path, type)

    def alert(self, title: str, text: str) -> None:
        for tracker in self.members:
            tracker.alert(title, text)

    def finish(self, summary: Metrics) -> None:
        for tracker in self.members:
            tracker.finish(summary)
