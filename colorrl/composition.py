"""Why a configuration did not compose, told with the near miss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from colorrl.config import conf_dir
from colorrl.manual import options
from colorrl.typed import near_miss


def explain(verb: str, args: list[str], fault: Exception) -> str:
    """One line for a composition ``fault`` of Hydra: the wrong key, option or value, by name."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import OverrideParseException

    if isinstance(fault, OverrideParseException):
        return (
            f"cannot read '{fault.override}': quote the value twice, as in"
            f""" key='"a value"' (Hydra's grammar)"""
        )
    overrides = [a for a in args if "=" in a and not a.startswith("-")]
    parsed = OverridesParser.create().parse_overrides(overrides)
    chosen = [o for o in parsed if _is_group(o.key_or_group)]
    for override in chosen:
        wrong = _wrong_option(override)
        if wrong:
            return wrong
    known = set(known_keys(verb, [str(o.input_line) for o in chosen if not o.is_sweep_override()]))
    for override in parsed:
        key = override.key_or_group
        if override not in chosen and not override.is_add() and key not in known:
            return f"colorrl {verb} has no key '{key}'{near_miss(key, sorted(known))}"
    return str(fault).strip().replace("\n", " ")


def _is_group(key: str) -> bool:
    return (conf_dir() / key.split("@")[0]).is_dir()


def _wrong_option(override: Any) -> str | None:
    group = override.key_or_group.split("@")[0]
    values = list(override.sweep_iterator()) if override.is_sweep_override() else override.value()
    for value in values if isinstance(values, list) else [values]:
        known = options(group)
        if value is not None and str(value) not in known:
            listed = ", ".join(known)
            return f"{group} has no option '{value}'{near_miss(str(value), known)} ({listed})"
    return None


def known_keys(verb: str, groups: list[str]) -> Iterator[str]:
    """Dotted keys of ``verb`` composed with these group choices, and its group names."""
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = compose(verb, groups)
    yield from _flat(OmegaConf.to_container(cfg))
    yield from (p.relative_to(conf_dir()).as_posix() for p in conf_dir().rglob("*") if p.is_dir())


def _flat(node: Any, prefix: str = "") -> Iterator[str]:
    for key, value in node.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
