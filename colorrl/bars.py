"""Progress bars."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def inner_bar(items: Iterable[Item], desc: str, **options: Any) -> tqdm[Item]:
    """A bar of a part of the work, which goes when the part is done.

    A log, which is no terminal, shows the outer bars alone: this one would leave escape codes.
    """
    return tqdm(items, desc=desc, leave=False, disable=None, **options)
