"""YAML values into typed dataclasses by pydantic: nothing is coerced, every fault is named."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import re
import types
import typing
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from colorrl.config.renamed import remedy

# what a person wants to hear of first: a typo makes another key missing too
FIRST = ("unexpected_keyword_argument", "missing")


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``least`` to ``most``, the ends with them: ``Annotated[int, Range(1)]``."""

    least: float
    most: float = math.inf
    without_least: bool = False

    def check(self, number: float) -> float:
        """``number``; ValueError unless it is finite and within."""
        low = number > self.least if self.without_least else number >= self.least
        if low and number <= self.most and math.isfinite(number):
            return number
        least = f"{'above' if self.without_least else 'at least'} {self.least:g}"
        most = "" if self.most == math.inf else f" and at most {self.most:g}"
        raise ValueError(f"={number} must be {least}{most}")

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self.check, handler(source))


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

    Strict: an int passes for a float, nothing else passes for anything. ``where`` is the key of
    ``value``.
    """
    from pydantic import ValidationError  # late: --help need not spend the time

    try:
        # as JSON, since strict Python values would make neither a Path of text nor a tuple of lists
        (made,) = _adapter(kind).validate_json(json.dumps([value]))
    except ValidationError as fault:
        errors = fault.errors(include_url=False)
        rank = {t: i for i, t in enumerate(FIRST)}
        raise ValueError(
            _sentence(kind, min(errors, key=lambda e: rank.get(e["type"], 9)), where)
        ) from None
    _check_paths(made, value, where)
    return made


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import ConfigDict, TypeAdapter

    # in a tuple, because dataclasses take over the configuration of what holds them
    return TypeAdapter(tuple[kind], config=ConfigDict(strict=True, extra="forbid"))


def _sentence(kind: Any, error: Any, where: str) -> str:
    """One ``error`` of pydantic in our words."""
    value, keys = error["input"], error["loc"][1:]
    if error["type"] in FIRST:
        *keys, last = keys
        parent, where = _part(kind, keys, where)
        full = f"{where}.{last}" if where else str(last)
        if error["type"] == "missing":
            return f"key '{full}' is missing: give it a value"
        hints = typing.get_type_hints(parent)
        return f"unknown key '{full}'{remedy(full) or near_miss(str(last), hints)}"
    part, where = _part(kind, keys, where)
    if error["type"] == "value_error":
        return f"{where}{error['ctx']['error']}"
    if error["type"] in ("dataclass_type", "dict_type"):
        part = "group of keys"
    elif error["type"] == "literal_error":
        options = typing.get_args(part)
        hint = remedy(where, str(value)) or near_miss(str(value), map(str, options))
        return f"{where}={value} is none of {', '.join(map(str, options))}{hint}"
    elif error["type"] in ("list_type", "tuple_type") and isinstance(value, str):
        return f"{where} takes a list: write {where}=[{value}]"
    return f"{where} must be {_name(part)}, not {_shown(value)}"


def _part(kind: Any, keys: Iterable[Any], where: str) -> tuple[Any, str]:
    """The type at ``keys`` below ``kind``, without null if that leaves one, and its dotted key."""
    kind = _without_null(kind)
    for key in keys:
        if _is_union(kind):  # what follows names the options
            break
        if dataclasses.is_dataclass(kind):
            kind = typing.get_type_hints(kind)[key]
        else:
            kind = typing.get_args(kind)[1 if typing.get_origin(kind) is dict else 0]
        kind = _without_null(kind)
        where = f"{where}[{key}]" if isinstance(key, int) else f"{where}.{key}".lstrip(".")
    return kind, where


def _without_null(kind: Any) -> Any:
    options = [o for o in typing.get_args(kind) if o is not types.NoneType]
    return options[0] if _is_union(kind) and len(options) == 1 else kind


def _is_union(kind: Any) -> bool:
    return typing.get_origin(kind) in (types.UnionType, typing.Union)


def _check_paths(made: Any, value: Any, where: str) -> None:
    """Raise ValueError for an empty path, such as of a variable that is not set: not ``.``."""
    if isinstance(made, Path) and not value:
        raise ValueError(f"{where} is empty: give a path, or . for the folder you are in")
    if dataclasses.is_dataclass(made):
        made = {field.name: getattr(made, field.name) for field in dataclasses.fields(made)}
    items: Iterable[Any] = ()
    if isinstance(made, dict):
        given = {key: part for key, part in made.items() if key in value}  # the others: defaults
        items = ((f"{where}.{key}".lstrip("."), part, value[key]) for key, part in given.items())
    elif isinstance(made, list | tuple):
        items = ((f"{where}[{i}]", part, value[i]) for i, part in enumerate(made))
    for key, part, raw in items:
        _check_paths(part, raw, key)


def _name(kind: Any) -> str:
    if isinstance(kind, type) and not typing.get_origin(kind):
        return kind.__name__
    name = re.sub(r"\b(pathlib|colorrl[\w.]*)\.", "", str(kind))
    return name.replace("NoneType", "null").replace("None", "null")


def _shown(value: Any) -> str:
    return "null" if value is None else f"{value!r} ({type(value).__name__})"
