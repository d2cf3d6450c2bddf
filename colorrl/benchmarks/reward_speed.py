"""`colorrl bench suite=reward_speed`: what the rewards cost, and that they are what a loop says."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from colorrl.benchmarks import reward_oracle
from colorrl.benchmarks.report import Report
from colorrl.benchmarks.reward_work import colourings, sketches
from colorrl.report.table import markdown
from colorrl.rewards.combine import Term
from colorrl.rewards.reading import read

Figures = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class RewardSpeedSuite:
    """The benchmark; call it to run it. Times are the least wall times of ``repeats`` runs."""

    name: str
    images: int
    size: int  # pixels along each side
    regions: int  # in each image
    threads: int  # of torch
    repeats: int
    seed: int
    limit: int | None  # images at most
    max_ms: float  # bar: reading and all terms
    min_speedup: float  # bar: of the terms the loop has, over the loop
    max_difference: float  # bar: between a term and the loop
    terms: Mapping[str, Term]

    def __call__(self) -> Report:
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            figures = self._measured()
        finally:
            torch.set_num_threads(before)
        values = {f"bench/{r}/{k}": v for r, row in figures.items() for k, v in row.items()}
        return Report(values, self._page(figures), tuple(self._failures(figures["all"])))

    def _measured(self) -> Figures:
        n = self.images if self.limit is None else min(self.images, self.limit)
        sketch = sketches(n, self.size, self.regions, self.seed)
        image = colourings(sketch, self.seed)
        with torch.no_grad():
            reading = read(image, sketch)
            rows = {"reading": {"ms": self._least_ms(lambda: read(image, sketch))}}
            for name, term in self.terms.items():
                rows[name] = {"ms": self._least_ms(lambda t=term: t(reading, sketch, 1.0))}  # type: ignore[misc]
            found = {name: t(reading, sketch, 1.0).value.numpy() for name, t in self.terms.items()}
        began = time.perf_counter()
        known = reward_oracle.values(image, sketch, dict(self.terms))
        loop_ms = 1000 * (time.perf_counter() - began)
        for name, value in known.items():
            rows[name]["difference"] = float(np.abs(found[name] - value).max())
        same = rows["reading"]["ms"] + sum(rows[name]["ms"] for name in known)
        return rows | {
            "all": {
                "ms": sum(row["ms"] for row in rows.values()),
                "difference": max(rows[name]["difference"] for name in known),
                "loop_ms": loop_ms,
                "speedup": loop_ms / same,
            }
        }

    def _least_ms(self, work: Callable[[], object]) -> float:
        times = []
        for _ in range(1 + self.repeats):  # the first warms up
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
        return 1000 * min(times[1:])

    def _page(self, figures: Figures) -> str:
        body = [
            [name, f"{row['ms']:.1f}", f"{row['difference']:.1e}" if "difference" in row else ""]
            for name, row in figures.items()
        ]
        whole = figures["all"]
        n_images = self.images if self.limit is None else min(self.images, self.limit)
        return (
            f"{n_images} images of {self.size} px with {self.regions} regions each, "
            f"{self.threads} threads\n\n"
            + markdown(["", "ms", "largest difference to the loop"], body)
            + f"\nThe loop took {whole['loop_ms']:.0f} ms for the terms it has: "
            f"{whole['speedup']:.0f} times as long.\n"
        )

    def _failures(self, whole: dict[str, float]) -> list[str]:
        bars = [
            (whole["ms"] <= self.max_ms, f"all terms took {whole['ms']:.0f} ms"),
            (whole["speedup"] >= self.min_speedup, f"only {whole['speedup']:.0f} times the loop"),
            (
                whole["difference"] <= self.max_difference,
                f"a term is {whole['difference']:.1e} off the loop",
            ),
        ]
        return [bar for held, bar in bars if not held]
