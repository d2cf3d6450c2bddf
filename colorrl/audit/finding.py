"""What one part of an audit found: a table, figures, pictures, and what falls short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from colorrl.report.sheet import Strip


@dataclass(frozen=True, slots=True)
class Finding:
    name: str  # one word, for files
    title: str
    note: str  # what the columns say, and what was asked for
    head: Sequence[str]
    body: Sequence[Sequence[str]]
    figures: Mapping[str, float]  # keys of result.json, after ``audit/``
    failures: Mapping[str, str]  # what falls short (a cheat, a corruption, ...) -> how far
    strips: Sequence[Strip] = field(default=())


def excused(
    findings: Sequence[Finding], cannot_tell: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Failures that count, and those that the reward cannot help by its nature, in words.

    ``cannot_tell`` names what the reward is blind to, with the reason.
    """
    counts, known = [], []
    for finding in findings:
        for name, fault in finding.failures.items():
            if name in cannot_tell:
                known.append(f"{finding.name}: {name} {fault}; {cannot_tell[name]}")
            else:
                counts.append(f"{finding.name}: {name} {fault}")
    return counts, known
