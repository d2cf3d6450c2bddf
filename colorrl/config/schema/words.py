"""Words that several parts of the configuration share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from colorrl.config.typed import Range

PaletteCondition = Literal["shares", "colors", "none"]
Count = Annotated[int, Range(1)]
Amount = Annotated[float, Range(0)]
Above0 = Annotated[float, Range(0, without_least=True)]
Share = Annotated[float, Range(0, 1)]
Spec = dict[str, Any]  # a class by `_target_` and its arguments
