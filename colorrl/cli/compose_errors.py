"""Why a configuration did not compose, with the near miss."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from colorrl.cli.help import options
from colorrl.config.compose import conf_dir
from colorrl.config.composed import search_path
from colorrl.config.renamed import remedy
from colorrl.config.typed import near_miss


def explain(verb: str, args: list[str], fault: Exception) -> str:
    """One line for a composition ``fault`` of Hydra: the wrong key, option or value, by name."""
    from hydra.errors import OverrideParseException

    overrides = [a for a in args if "=" in a and not a.startswith("-")]
    more = _searched(args)
    for folder in more:
        if not folder.is_dir():
            return f"there is no folder {folder} to search for configuration"
    chosen = [o for o in _readable(overrides) if _is_group(o.key_or_group, more)]
    for override in chosen:
        wrong = _wrong_option(override, more)
        if wrong:
            return wrong
    choices = [str(o.input_line) for o in chosen if not o.is_sweep_override()]
    known = set(known_keys(verb, choices, more))
    for key in map(_key, overrides):
        if key not in known and not _is_group(key, more) and key.split(".")[0] != "hydra":
            hint = remedy(key) or near_miss(key, sorted(known))
            return f"colorrl {verb} has no key '{key}'{hint}"
    if isinstance(fault, OverrideParseException):
        return (
            f"cannot read '{fault.override}': quote the value twice, as in"
            f""" key='"a value"' (Hydra's grammar)"""
        )
    return str(fault).strip().replace("\n", " ")


def config_dirs(args: list[str]) -> list[Path]:
    """The folders of ``--config-dir``, which Hydra searches beside conf/."""
    found = []
    for flag, value in pairwise([*args, ""]):
        name, _, joined = flag.partition("=")
        if name in ("--config-dir", "-cd"):
            found.append(Path(joined or value))
    return found


def _searched(args: list[str]) -> list[Path]:
    """All folders of a person's own: those of the key ``hydra.searchpath`` too."""
    listed = "".join(arg for arg in args if arg.startswith("hydra.searchpath="))
    return config_dirs(args) + [Path(p) for p in re.findall(r"file://([^,\]'\"]+)", listed)]


def _readable(overrides: list[str]) -> Iterator[Any]:
    """Those that Hydra's grammar takes."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import OverrideParseException

    parser = OverridesParser.create()
    for override in overrides:
        with suppress(OverrideParseException):
            yield from parser.parse_overrides([override])


def _key(override: str) -> str:
    """What must be there already: the key, of one that is added (``+a.b.c=``) the first part."""
    name = override.split("=", 1)[0].split("@")[0]
    return name.lstrip("+").split(".")[0] if name.startswith("+") else name.lstrip("~")


def _is_group(key: str, more: Sequence[Path]) -> bool:
    return any((folder / key.split("@")[0]).is_dir() for folder in [conf_dir(), *more])


def _wrong_option(override: Any, more: Sequence[Path]) -> str | None:
    group = override.key_or_group.split("@")[0]
    values = list(override.sweep_iterator()) if override.is_sweep_override() else override.value()
    for value in values if isinstance(values, list) else [values]:
        known = options(group, more)
        if value is not None and str(value) not in known:
            listed = ", ".join(known)
            return f"{group} has no option '{value}'{near_miss(str(value), known)} ({listed})"
    return None


def known_keys(verb: str, groups: list[str], more: Sequence[Path]) -> Iterator[str]:
    """Dotted keys of ``verb`` composed with these group choices, and its group names."""
    from omegaconf import OmegaConf

    from colorrl.config.composed import composed

    yield from _flat(OmegaConf.to_container(composed(verb, [*groups, *search_path(more)])))
    yield from (p.relative_to(conf_dir()).as_posix() for p in conf_dir().rglob("*") if p.is_dir())


def _flat(node: Any, prefix: str = "") -> Iterator[str]:
    for key, value in node.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
