"""Parts that a configuration names by `_target_`: whether they are there, before anything runs."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from colorrl.config.renamed import TARGETS
from colorrl.config.typed import build, near_miss
from colorrl.errors import UserError

# keys beside the arguments of a part: Hydra's own
HYDRA = frozenset({"_target_", "_convert_", "_partial_", "_recursive_", "_args_"})


def import_modules(names: Any) -> None:
    """Import the modules of ``imports=``: what a person allows a generator's folder to name.

    Raises UserError for one that is not there or does not import.
    """
    try:
        for name in build(list[str], names, "imports"):
            _imported(name, "imports")
    except ValueError as fault:
        raise UserError(str(fault), exit_code=2) from None


def check_targets(node: Any, where: str = "") -> None:
    """Raises ValueError, naming the key and the near miss, for a `_target_` in ``node`` (dicts and
    lists) that is not there, and for an argument that it does not take."""
    if isinstance(node, list):
        for i, item in enumerate(node):
            check_targets(item, f"{where}[{i}]")
    if not isinstance(node, dict):
        return
    if isinstance(node.get("_target_"), str):
        path = node["_target_"]
        if path in TARGETS:
            raise ValueError(f"{where}._target_: {path} is called {TARGETS[path]} now")
        _check_arguments(_located(path, f"{where}._target_".lstrip(".")), node, where)
    for key, item in node.items():
        check_targets(item, f"{where}.{key}".lstrip("."))


def _located(path: str, where: str) -> Any:
    """What ``path`` names, by importing as much of it as is a module."""
    names = path.split(".")
    module = _imported(names.pop(0), where)
    found: Any = module
    while names:
        name = names.pop(0)
        if isinstance(found, ModuleType) and _is_module(f"{found.__name__}.{name}"):
            found = _imported(f"{found.__name__}.{name}", where)
        elif hasattr(found, name):
            found = getattr(found, name)
        else:
            inside = path.removesuffix(".".join(["", name, *names]))
            raise ValueError(f"{where}: {inside} has no '{name}'{near_miss(name, _inside(found))}")
    return found


def _imported(name: str, where: str) -> ModuleType:
    if not _is_module(name):
        known = (m.name for m in pkgutil.iter_modules())
        raise ValueError(
            f"{where}: no module '{name}'{near_miss(name, known)} Install the package that has it, "
            "or put its folder into PYTHONPATH"
        )
    try:
        return importlib.import_module(name)
    except Exception as fault:  # whatever a module raises while it is read
        raise ValueError(f"{where}: {name} does not import: {fault!r}") from fault


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):  # of a.b.c where b is no package; of __main__
        return False


def _inside(found: Any) -> Iterable[str]:
    """Names in a module, package or class."""
    files = getattr(found, "__path__", None)
    return [*dir(found), *(m.name for m in pkgutil.iter_modules(files) if files is not None)]


def _check_arguments(part: Any, node: dict[str, Any], where: str) -> None:
    try:
        known = inspect.signature(part).parameters
    except (TypeError, ValueError):  # a part whose arguments are not known
        return
    if any(p.kind is p.VAR_KEYWORD for p in known.values()):
        return
    for key in node.keys() - HYDRA - known.keys():
        path = node["_target_"]
        raise ValueError(
            f"{where}: {path} takes no argument '{key}'{near_miss(key, known)} Leave it away: "
            f"~{where}.{key}"
        )
