"""Opens a run folder and the trackers that follow the run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from hydra.utils import instantiate

from colorrl.config import Spec, config_hash, run_dir
from colorrl.track.result import write_text
from colorrl.track.tracker import Run, Trackers


def start_tracking(verb: str, cfg: Any, resumed: int | None = None) -> Trackers:
    """Trackers of ``cfg.track`` for the run of ``cfg`` (a verb's dataclass); writes config.yaml.

    ``resumed`` is the step of the checkpoint the run goes on from, None for a new run.
    """
    values = plain_config(cfg)
    folder = run_dir(cfg)
    write_text(folder / "config.yaml", yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
    run = Run(folder, verb, cfg.name, cfg.seed, config_hash(cfg), values, resumed)
    return Trackers([open_tracker(spec, run) for spec in cfg.track.values()])


def open_tracker(spec: Spec, run: Run) -> Any:
    # In two steps: as an argument of instantiate, the record would become a dict.
    return instantiate(spec, _partial_=True, _convert_="all")(run)


def plain_config(cfg: Any) -> dict[str, Any]:
    """``cfg`` as YAML holds it."""
    return {key: _plain(value) for key, value in dataclasses.asdict(cfg).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
