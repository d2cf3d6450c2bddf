"""The report on a folder of pages at the end of a verb: on the screen and in result.json."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from colorrl.errors import UserError

Found = TypeVar("Found")
RESULT = "result.json"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report(Generic[Found]):
    """Pages by outcome."""

    done: dict[str, Found]  # in this run
    skipped: list[str]  # done before
    failed: dict[str, str]  # page -> reason
    seconds: float

    def values(self) -> dict[str, Any]:
        """As result.json has them."""
        return {
            "pages/done": len(self.done),
            "pages/skipped": len(self.skipped),
            "pages/failed": len(self.failed),
            "pages/per_s": len(self.done) / self.seconds,
            "time/total_s": self.seconds,
            "failed": self.failed,
        }


def check_result(path: Path, verb: str) -> None:
    """Raise UserError if the result.json at ``path`` is there and not one of ``verb``."""
    try:
        ours = json.loads(path.read_text(encoding="utf-8")).get("verb") == verb
    except FileNotFoundError:
        return
    except (OSError, ValueError, AttributeError):
        ours = False
    if not ours:
        raise UserError(f"{path} is not of colorrl {verb}; choose another output")


def report_pages(report: Report[Any], what: str, output: object) -> None:
    """The summary. UserError with a row for each page that failed, if any."""
    rate = f" ({len(report.done) / report.seconds:.2f} pages a second)" if report.done else ""
    log.info(
        "%d %s, %d done before, %d failed: %s%s",
        len(report.done),
        what,
        len(report.skipped),
        len(report.failed),
        output,
        rate,
    )
    if report.failed:
        rows = "\n".join(f"  {page}: {reason}" for page, reason in report.failed.items())
        n = len(report.done) + len(report.skipped) + len(report.failed)
        raise UserError(f"{len(report.failed)} of {n} pages failed:\n{rows}")


def report_notes(notes: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """A warning for each kind of ``notes``, by page: how many pages have it, and its first text."""
    by_kind: dict[str, dict[str, str]] = {}
    for page, some in notes.items():
        for kind, said in some:
            by_kind.setdefault(kind, {}).setdefault(page, said)
    for kind, pages in sorted(by_kind.items(), key=lambda item: -len(item[1])):
        first, said = next(iter(pages.items()))
        more = f", and {len(pages) - 1} pages more" * (len(pages) > 1)
        log.warning("note %s: %s: %s%s", kind, first, said, more)


def one_line(text: str) -> str:
    """``text`` as one line of a log: control characters and broken letters escaped."""
    whole = text.encode("utf-8", "backslashreplace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())
