"""Raw paths and colours of the command line, quoted for Hydra's grammar.

Hydra would choke on ``input=그림``, ``input=ep(1)`` or ``palette=#ff0000`` and take ``a,b`` for a
sweep. What the schema types as text or path is quoted here, so people never see that.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from colorrl.errors import UserError

# Flags of Hydra that take the next argument as their value.
VALUE_FLAGS = frozenset(["-cn", "-cp", "-cd", "-c", "-p"]).union(
    f"--{flag}" for flag in ("config-name", "config-path", "config-dir", "cfg", "package")
)
# Leaves that are paths inside a dict chosen by `_target_`, where the schema has no types.
PATH_LEAVES = frozenset(
    {"path", "root", "file", "folder", "colours", "checkpoint", "searchpath", "input"}
)
SWEEP_FUNCTION = re.compile(r"(choice|range|interval|glob|shuffle|sort|tag)\(.*\)$")


def quote(args: Sequence[str], schema: type) -> list[str]:
    """``args`` as Hydra reads them: raw values quoted, bare folders gathered in ``input=``.

    Flags go last: argparse would refuse overrides on both sides of one. UserError for a key that is
    written as a flag.
    """
    raw, sweep = dict(raw_keys(schema)), is_sweep(args)
    flags: list[str] = []
    overrides: list[str] = []
    folders: list[str] = []
    expects_value = False
    for arg in args:
        key = arg.removeprefix("--").split("=")[0]
        if arg.startswith("--") and key.split(".")[0] in typing.get_type_hints(schema):
            raise UserError(f"{arg}: keys have no dashes, write {key}=VALUE", 2)
        if expects_value or arg.startswith("-"):
            expects_value = not expects_value and arg in VALUE_FLAGS
            flags.append(arg)
        elif "=" in arg:
            overrides.append(_assignment(arg, raw, sweep))
        elif arg.startswith("~") or "input" not in raw:
            overrides.append(arg)
        else:
            folders.append(arg)
    return overrides + _gathered(folders, raw) + flags


def is_sweep(args: Sequence[str]) -> bool:
    return bool({"-m", "--multirun"} & set(args))


def raw_keys(schema: type, prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Dotted keys of ``schema`` that hold text or paths, and whether they take a list."""
    for key, kind in typing.get_type_hints(schema).items():
        options = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
        if dataclasses.is_dataclass(kind):
            yield from raw_keys(typing.cast(type, kind), f"{prefix}{key}.")
        elif any(_is_text(option) for option in options):
            yield f"{prefix}{key}", any(typing.get_origin(option) is list for option in options)


def quoted(text: str) -> str:
    """``text`` as a single-quoted string of Hydra's override grammar."""
    text = re.sub(r"(\\*)'", r"\1\1\\'", text)  # backslashes count only before a quote
    text = re.sub(r"(\\+)$", r"\1\1", text)
    return f"'{text}'"


def _is_text(kind: Any) -> bool:
    if typing.get_origin(kind) in (list, tuple):
        return _is_text(typing.get_args(kind)[0])
    return kind is str or kind is Path or typing.get_origin(kind) is typing.Literal


def _assignment(arg: str, raw: dict[str, bool], sweep: bool) -> str:
    key, value = arg.split("=", 1)
    name = key.lstrip("+")
    if name not in raw and name.rsplit(".", 1)[-1] not in PATH_LEAVES:
        return arg
    if sweep and SWEEP_FUNCTION.match(value):
        return arg
    if sweep and "," in value and not _has_form(value):
        return f"{key}={','.join(_value(part) for part in value.split(','))}"
    return f"{key}={_value(value)}"


def _value(value: str) -> str:
    """Quoted, but for what already has a form: quotes, null, ``[..]`` (whose items are quoted)."""
    if value in ("", "null") or _in_quotes(value):
        return value
    if not _has_form(value):
        return quoted(value)
    inside = value[1:-1].strip()
    if re.search(r"""['"\[\]{}]""", inside):
        return value
    return f"[{','.join(_value(item.strip()) for item in inside.split(','))}]"


def _in_quotes(value: str) -> bool:
    return len(value) > 1 and value[0] == value[-1] and value[0] in "'\""


def _has_form(value: str) -> bool:
    return _in_quotes(value) or (value.startswith("[") and value.endswith("]"))


def _gathered(folders: list[str], raw: dict[str, bool]) -> list[str]:
    if not folders:
        return []
    if raw["input"]:
        return [f"input=[{','.join(map(quoted, folders))}]"]
    return [f"input={quoted(folder)}" for folder in folders]
