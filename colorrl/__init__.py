"""Flat colouring (밑색) of line art by a generator that verifiable rewards improve."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from colorrl.api.verbs import Result, compare, evaluate, prepare, pretrain, train
    from colorrl.pages.colorizer import Colorizer
    from colorrl.pages.result import Colored

__all__ = [
    "Colored",
    "Colorizer",
    "Result",
    "compare",
    "evaluate",
    "prepare",
    "pretrain",
    "train",
]
__version__ = "0.1.0"
_HOMES = {"Colored": "colorrl.pages.result", "Colorizer": "colorrl.pages.colorizer"}


def __getattr__(name: str) -> Any:
    """What is above, imported when it is asked for: it needs torch, `colorrl --help` does not."""
    if name in __all__:
        return getattr(import_module(_HOMES.get(name, "colorrl.api.verbs")), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
