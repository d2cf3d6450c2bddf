"""Opens a run folder and the trackers that follow the run."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from hydra.utils import instantiate

from colorrl.config import config_hash, plain, run_dir, save_config
from colorrl.schema.words import Spec
from colorrl.track.tracker import Run, Tracker, Trackers

log = logging.getLogger(__name__)


def start_tracking(verb: str, cfg: Any, resumed: int | None = None) -> Trackers:
    """Trackers of ``cfg.track`` for the run of ``cfg`` (a verb's dataclass); writes config.yaml.

    ``resumed`` is the step of the checkpoint the run goes on from, None for a new run. The data
    manifests, of sets that have been prepared, are the run's first artifacts.
    """
    folder = run_dir(cfg)
    save_config(cfg, folder)
    if cfg.resume == "auto" and resumed is None:
        log.info("resume=auto: no run of this configuration in %s yet, so it is a new one", folder)
    run = Run(folder, verb, cfg.name, cfg.seed, config_hash(cfg), plain(cfg), resumed)
    trackers = Trackers([open_tracker(spec, run) for spec in cfg.track.values()])
    for name in cfg.data.sets or [cfg.data.name]:
        manifest = Path(cfg.data.root) / name / "manifest.jsonl"
        if manifest.is_file():
            trackers.artifact(manifest, "dataset" if not cfg.data.sets else f"dataset-{name}")
    return trackers


def open_tracker(spec: Spec, run: Run) -> Tracker:
    # In two steps: as an argument of instantiate, the record would become a dict.
    tracker: Tracker = instantiate(spec, _partial_=True, _convert_="all")(run)
    return tracker
