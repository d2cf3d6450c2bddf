"""Flat colouring (밑색) of line art by a generator that verifiable rewards improve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from colorrl.pages.colorizer import Colorizer
    from colorrl.pages.result import Colored

__all__ = ["Colored", "Colorizer"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """What is above, imported when it is asked for: it needs torch, `colorrl --help` does not."""
    if name in __all__:
        from colorrl.pages import colorizer

        return getattr(colorizer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
