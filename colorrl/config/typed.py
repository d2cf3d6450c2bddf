"""Plain YAML values into typed dataclasses: nothing is coerced, every fault is named."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from colorrl.config.renamed import remedy


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``least`` to ``most``, the ends with them: ``Annotated[int, Range(1)]``."""

    least: float
    most: float = math.inf
    without_least: bool = False

    def check(self, number: float, where: str) -> None:
        """Raises ValueError unless ``number``, of the key ``where``, is finite and within."""
        low = number > self.least if self.without_least else number >= self.least
        if not (low and number <= self.most and math.isfinite(number)):
            least = f"{'above' if self.without_least else 'at least'} {self.least:g}"
            most = "" if self.most == math.inf else f" and at most {self.most:g}"
            raise ValueError(f"{where}={number} must be {least}{most}")


def near_miss(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the likeliest of ``known``, or the empty string."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if not close:  # a.b.stepz is nearer to b.steps than letters alone say
        tail = word.rsplit(".", 1)[-1]
        leaves = {k.rsplit(".", 1)[-1]: k for k in reversed(known)}
        close = [leaves[t] for t in difflib.get_close_matches(tail, leaves, n=1, cutoff=0.75)]
    return f"; did you mean '{close[0]}'?" if close else ""


def build(kind: Any, value: Any, where: str = "") -> Any:
    """``value`` (dicts, lists, scalars) as ``kind``; ValueError names the key and the remedy.

    Knows dataclasses, ``X | Y``, ``Literal``, ``list``, ``tuple[X, ...]``, ``dict``, ``Path``,
    scalars, and numbers ``Annotated`` with a Range. An int passes for a float, nothing else
    passes for anything.
    """
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast(type, kind), value, where)
    if origin in (types.UnionType, typing.Union):
        return _union(kind, value, where)
    if origin is typing.Annotated:
        kind, within = typing.get_args(kind)
        made = build(kind, value, where)
        within.check(made, where)
        return made
    if origin is typing.Literal:
        return _choice(typing.get_args(kind), value, where)
    if origin in (list, tuple):
        return _sequence(kind, value, where)
    if origin is dict:
        item = typing.get_args(kind)[1]
        return {k: build(item, v, f"{where}.{k}") for k, v in _mapping(value, where).items()}
    return _scalar(kind, value, where)


def _record(kind: type, value: Any, where: str) -> Any:
    mapping = _mapping(value, where)
    hints = typing.get_type_hints(kind, include_extras=True)
    for key in mapping:
        if key not in hints:
            full = _dot(where, key)
            raise ValueError(f"unknown key '{full}'{remedy(full) or near_miss(str(key), hints)}")
    for key in hints:
        if key not in mapping:
            raise ValueError(f"key '{_dot(where, key)}' is missing: give it a value")
    return kind(**{k: build(hints[k], v, _dot(where, k)) for k, v in mapping.items()})


def _union(kind: Any, value: Any, where: str) -> Any:
    options = typing.get_args(kind)
    if value is None and type(None) in options:
        return None
    faults = []
    for option in options:
        if option is type(None):
            continue
        try:
            return build(option, value, where)
        except ValueError as fault:
            faults.append(str(fault))
    raise ValueError(faults[0] if len(faults) == 1 else _wrong(kind, value, where))


def _choice(options: tuple[Any, ...], value: Any, where: str) -> Any:
    if value in options:
        return value
    listed = ", ".join(map(str, options))
    hint = remedy(where, str(value)) or near_miss(str(value), map(str, options))
    raise ValueError(f"{where}={value} is none of {listed}{hint}")


def _sequence(kind: Any, value: Any, where: str) -> Any:
    if isinstance(value, str):
        raise ValueError(f"{where} takes a list: write {where}=[{value}]")
    if not isinstance(value, list | tuple):
        raise ValueError(_wrong(kind, value, where))
    item = typing.get_args(kind)[0]
    made = [build(item, v, f"{where}[{i}]") for i, v in enumerate(value)]
    return made if typing.get_origin(kind) is list else tuple(made)


def _scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is Any:
        return value
    if kind is Path and isinstance(value, str):
        if not value:  # such as of a variable that is not set; Path would take it for "."
            raise ValueError(f"{where} is empty: give a path, or . for the folder you are in")
        return Path(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if (isinstance(value, bool) and kind is not bool) or not isinstance(value, kind):
        raise ValueError(_wrong(kind, value, where))
    return value


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(_wrong("group of keys", value, where))
    return value


def _dot(where: str, key: str) -> str:
    return f"{where}.{key}" if where else str(key)


def _wrong(kind: Any, value: Any, where: str) -> str:
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", None)
    if name is None or typing.get_origin(kind):
        name = re.sub(r"\b(pathlib|colorrl[\w.]*)\.", "", str(kind))
        name = name.replace("NoneType", "null").replace("None", "null")
    given = "null" if value is None else f"{value!r} ({type(value).__name__})"
    return f"{where} must be {name}, not {given}"
