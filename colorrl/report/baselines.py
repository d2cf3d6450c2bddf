"""What a run must be better than: contestants of `colorrl evaluate` as groups beside the runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from colorrl.errors import UserError
from colorrl.report.groups import Group, gather
from colorrl.run.folder import RunFolder


def baselines(folders: Sequence[Path]) -> list[Group]:
    """A group for each contestant in the ``result.json`` of ``folders``, over their seeds.

    The generator that was evaluated is named after its folder, ``seedN`` left out; where
    evaluations of other settings have contestants of one name, their hash separates them.
    UserError names a file that is missing or no evaluation.
    """
    return gather([run for folder in folders for run in _contestants(folder)])


def _contestants(folder: Path) -> Iterator[RunFolder]:
    path = folder / "result.json"
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        seed, config_hash = int(result["seed"]), str(result["config_hash"])
        own = {name: value for name, value in result.items() if name.startswith(("eval/", "gold/"))}
        if not own:
            raise ValueError("it has no eval/ figures")
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise UserError(
            f"{path} is no evaluation ({fault}): baselines= takes folders that colorrl evaluate "
            "wrote"
        ) from None
    named = folder.parent if re.fullmatch(r"seed\d+", folder.name) else folder
    others = {
        name: value
        for name, value in result.items()
        if isinstance(value, dict)
        and "eval/reward" in value
        and not name.startswith(("condition_", "told_"))  # told_ until 2026-11
    }
    figures: dict[str, dict[str, Any]] = {named.name: own} | others
    for name, values in figures.items():
        yield RunFolder(folder, name, config_hash, seed, {}, {}, values, {})
