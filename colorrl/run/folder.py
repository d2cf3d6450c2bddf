"""Run folders read back: config.yaml, metrics.csv, result.json, panel/*.png."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from colorrl.config.compose import hash_of
from colorrl.config.renamed import renamed
from colorrl.errors import UserError

# what only the configuration of a verb's runs has, in the order that runs are shown in
KEY_OF_VERB = {"train": "learn", "reward_model": "ranking_loss", "pretrain": "entry_weight"}
Curve = tuple[list[float], list[float]]  # images sampled, values


@dataclass(frozen=True, slots=True)
class RunFolder:
    path: Path
    name: str
    config_hash: str
    seed: int
    config: dict[str, Any]
    curves: dict[str, Curve]  # by metric, what is not finite left out
    result: dict[str, Any]  # empty until the run has ended
    panels: dict[str, list[Path]]  # by panel name, in order of steps


def find_runs(paths: Sequence[Path]) -> list[RunFolder]:
    """The runs at ``paths`` and below them, each once. UserError where there is none.

    In the order of ``paths``; below one by verb, name and the values of keys, numbers by size.
    """
    found: dict[Path, RunFolder] = {}
    for path in paths:
        folders = list(_folders(path))
        if not folders:
            raise UserError(f"no run in {path}: a run folder holds config.yaml and metrics.csv")
        runs = sorted(map(read_run, folders), key=_rank)
        found |= {run.path.resolve(): run for run in runs}
    return list(found.values())


def read_run(folder: Path) -> RunFolder:
    """The run in ``folder``. UserError names the file that is missing or cannot be read."""
    config = _config(folder / "config.yaml")
    return RunFolder(
        path=folder,
        name=str(config["name"]),
        config_hash=hash_of(config),
        seed=int(config["seed"]),
        config=config,
        curves=_curves(folder / "metrics.csv"),
        result=_result(folder / "result.json"),
        panels=_panels(folder / "panel"),
    )


def verb_of(config: Mapping[str, Any]) -> str:
    """The verb that a run's configuration is one of."""
    return next((verb for verb, key in KEY_OF_VERB.items() if key in config), "other")


def _rank(run: RunFolder) -> tuple[Any, ...]:
    verbs = [*KEY_OF_VERB, "other"]
    return verbs.index(verb_of(run.config)), run.name, [*_by_size(run.config)]


def _by_size(value: Any) -> Iterator[tuple[float, str]]:
    """The values of a configuration: numbers by size, then words by letters."""
    if isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield from _by_size(value[key])
    elif isinstance(value, int | float):
        yield float(value), ""
    else:
        yield math.inf, str(value)


def _folders(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        raise UserError(f"no folder {path}: give run folders, or a folder above them")
    yield from sorted(file.parent for file in path.rglob("metrics.csv"))


def _config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UserError(f"{path.parent} is not a run: it has metrics.csv but no config.yaml")
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise UserError(f"{path} is not YAML: {fault}") from None
    if not isinstance(config, dict) or not {"name", "seed"} <= config.keys():
        raise UserError(f"{path} lacks `name` or `seed`: it is not a run's configuration")
    return dict(renamed(config))


def _curves(path: Path) -> dict[str, Curve]:
    curves: dict[str, Curve] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if not {"step", "images"} <= set(reader.fieldnames or ()):
            raise UserError(f"{path} has no columns step and images: it is not a run's metrics")
        for row in reader:
            _add_row(curves, row, path, reader.line_num)
    return curves


def _add_row(curves: dict[str, Curve], row: dict[str, str], path: Path, line: int) -> None:
    try:
        numbers = {name: float(text) for name, text in row.items() if name and text}
        images = numbers.pop("images")
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{path}, line {line}: not a row of numbers with `images`") from None
    for name, value in numbers.items():
        if math.isfinite(value):
            x, y = curves.setdefault(name, ([], []))
            x.append(images)
            y.append(value)


def _result(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as fault:
        raise UserError(f"{path} is not JSON: {fault}") from None
    return result if isinstance(result, dict) else {}


def _panels(folder: Path) -> dict[str, list[Path]]:
    """``NAME-STEP.png`` (or ``STEP.png``) by name; a file without a step is its own name."""
    named: dict[str, list[tuple[int, Path]]] = {}
    for path in folder.glob("*.png"):
        name, _, step = path.stem.rpartition("-")
        if not step.isdigit():
            name, step = path.stem, "0"
        named.setdefault(name or "panel", []).append((int(step), path))
    return {name: [path for _, path in sorted(found)] for name, found in sorted(named.items())}
