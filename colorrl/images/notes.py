"""What a person should know of a page."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """One thing, of a kind that a summary counts."""

    kind: str
    said: str
