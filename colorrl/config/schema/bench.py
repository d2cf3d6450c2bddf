"""Benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from colorrl.config.schema.data import DataConfig
from colorrl.config.schema.words import Spec


@dataclass(frozen=True, slots=True)
class BenchConfig:
    seed: int
    output: Path
    workers: int  # processes
    limit: int | None  # drawings or inputs, evenly spaced over the suite's; None = all
    methods: list[str] | None  # of the suite's, by name; None = all
    data: DataConfig
    suite: Spec  # () -> Report
