"""What a suite hands back to `colorrl bench`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Report:
    """Figures for result.json, a Markdown page beside it, and what is to make the command fail."""

    values: Mapping[str, Any]  # named like metrics: bench/<what>/<method>/<metric>
    markdown: str
    failures: tuple[str, ...] = ()  # a sentence each; any gives exit code 1
