"""A few of many, so that they stand for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def spaced(items: Sequence[Item], n: int | None) -> list[Item]:
    """``n`` of ``items``, evenly spaced from the first on; None or more than there are: all."""
    n = len(items) if n is None else min(n, len(items))
    return [items[i * len(items) // n] for i in range(n)]
