"""result.json: the figures of a report, with what it takes to repeat them."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from colorrl.config.compose import config_hash
from colorrl.run import identity


def write_result(path: Path, values: Mapping[str, Any], cfg: Any, **origin: Any) -> None:
    """Write ``values`` (keys named like the metrics) to ``path``, atomically.

    Tensors and numpy scalars become numbers, what is not finite becomes null. Adds command,
    commit, hash, seed and device of ``cfg`` (a verb's dataclass), versions and date; ``origin``
    replaces some of these, as in ``seed=[0, 1, 2]``. ValueError for a value that JSON cannot
    hold, or a key of ``values`` that is one of those added.
    """
    settings = dataclasses.asdict(cfg)
    origin = {
        "command": identity.command(),
        "commit": identity.commit(),
        "config_hash": config_hash(cfg),
        "seed": settings.get("seed"),
        "device": settings.get("device"),
        "versions": identity.versions(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    } | origin
    clash = origin.keys() & values.keys()
    if clash:
        raise ValueError(f"{path}: {sorted(clash)} are written by write_result itself")
    text = json.dumps(_plain(dict(values)) | origin, indent=2, ensure_ascii=False)
    write_text(path, text + "\n")


def write_text(path: Path, text: str) -> None:
    """Write and rename, so that a reader sees the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # numpy and torch, scalars and arrays
        return _plain(value.tolist())
    raise ValueError(f"result.json cannot hold {value!r}")
