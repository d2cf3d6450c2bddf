"""Opens a run folder and the trackers that follow the run."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import yaml
from hydra.utils import instantiate

from colorrl.config.compose import config_hash, hash_of, plain, run_dir, save_config
from colorrl.config.renamed import renamed
from colorrl.config.schema.words import Spec
from colorrl.errors import UserError
from colorrl.run.tracker import Run, Tracker, Trackers

log = logging.getLogger(__name__)


def start_tracking(verb: str, cfg: Any, resumed: int | None = None) -> Trackers:
    """Trackers of ``cfg.track`` for the run of ``cfg`` (a verb's dataclass); writes config.yaml.

    ``resumed`` is the step of the checkpoint the run goes on from, None for a new run. The data
    manifests, of sets that have been prepared, are the run's first artifacts.
    """
    folder = run_dir(cfg)
    if cfg.resume == "auto" and resumed is None:
        former = former_folder(cfg, folder)
        if former is not None:
            raise UserError(
                f"resume=auto: {former} holds this run, made when its hash was another: "
                f"rm -r {folder}; mv {former} {folder}  goes on with it, "
                "resume=null starts a new one"
            )
        log.info("resume=auto: no run of this configuration in %s yet, so it is a new one", folder)
    save_config(cfg, folder)
    run = Run(folder, verb, cfg.name, cfg.seed, config_hash(cfg), plain(cfg), resumed)
    trackers = Trackers([open_tracker(spec, run) for spec in cfg.track.values()])
    for name in cfg.data.sets or [cfg.data.name]:
        manifest = Path(cfg.data.root) / name / "manifest.jsonl"
        if manifest.is_file():
            trackers.artifact(manifest, "dataset" if not cfg.data.sets else f"dataset-{name}")
    return trackers


def former_folder(cfg: Any, folder: Path) -> Path | None:
    """Where a version with other names of parts put the run of ``cfg``; None where it did not."""
    wanted = config_hash(cfg)
    for path in sorted(folder.parents[1].glob(f"*/{folder.name}/config.yaml")):
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.parent != folder and hash_of(renamed(values)) == wanted:
            return path.parent
    return None


def open_tracker(spec: Spec, run: Run) -> Tracker:
    # In two steps: as an argument of instantiate, the record would become a dict.
    tracker: Tracker = instantiate(spec, _partial_=True, _convert_="all")(run)
    return tracker
