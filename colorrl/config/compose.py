"""A composed configuration as its dataclass (of schema/), where conf/ lies, and names of runs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from colorrl.config.compatibility import (
    check_branches,
    check_latent,
    check_learn,
    check_paint,
    check_reward,
    paints_regions,
)
from colorrl.config.schema import VERBS
from colorrl.config.schema.evaluation import EvaluateConfig
from colorrl.config.schema.learn import TrainConfig
from colorrl.config.targets import check_targets, import_modules
from colorrl.config.typed import build
from colorrl.errors import UserError

# What may change without making another experiment of a run, and keys of its parts that may.
NOT_IDENTITY = frozenset(
    {"seed", "resume", "track", "device", "runs", "output", "dry_run", "loaders", "budget_minutes"}
)
NOT_IDENTITY_OF_PART = {"trainer": frozenset({"budget_minutes"})}


def conf_dir() -> Path:
    """conf/ of the installed package, or of the checkout around it."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "conf", package.parent / "conf"):
        if folder.is_dir():
            return folder
    raise UserError(f"no conf/ in or beside {package}: reinstall colorrl")


def check(verb: str, cfg: Any) -> Any:
    """The composed config of ``verb`` (a DictConfig or plain dict) as its dataclass.

    A key that is unknown, missing or of the wrong type raises UserError (exit code 2), and so does
    a `_target_` that is not there. The modules of ``imports`` are imported first.
    """
    try:
        values = _composed(cfg)
        import_modules(values.pop("imports", []))
        made = build(VERBS[verb], values)
        check_targets(values)
        if isinstance(made, TrainConfig):
            check_learn(made.learn)
            check_branches(made.learn, made.sampler, made.trainer.group_size)
            check_latent(made.learn, made.policy)
            check_reward(made.learn, made.reward)
        if isinstance(made, TrainConfig | EvaluateConfig):
            check_paint(made.reward, paints_regions(made.policy))
        return made
    except ValueError as fault:
        raise UserError(f"colorrl {verb}: {fault}", exit_code=2) from None


def config_hash(cfg: Any) -> str:
    """8 hex digits that name the experiment: ``cfg`` (a verb's dataclass) less NOT_IDENTITY."""
    return hash_of(dataclasses.asdict(cfg))


def hash_of(values: dict[str, Any]) -> str:
    """``config_hash`` of a config as a plain dict, such as config.yaml read back."""
    kept = {
        key: _without(value, NOT_IDENTITY_OF_PART[key]) if key in NOT_IDENTITY_OF_PART else value
        for key, value in _without(values, NOT_IDENTITY).items()
    }
    text = json.dumps(kept, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _without(values: Mapping[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in keys}


def run_dir(cfg: Any) -> Path:
    """``runs/name/hash/seed``: one folder per experiment and seed, the same on ``resume``."""
    return Path(cfg.runs) / cfg.name / config_hash(cfg) / f"seed{cfg.seed}"


def save_config(cfg: Any, folder: Path) -> None:
    """Write ``cfg`` (a verb's dataclass) as folder/config.yaml; ``hash_of`` it is config_hash."""
    import yaml  # late, as Hydra

    text = yaml.safe_dump(plain(cfg), sort_keys=False, allow_unicode=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(text, encoding="utf-8")


def plain(cfg: Any) -> Any:
    """``cfg`` (a dataclass, or what is in one) as YAML and JSON hold it."""
    if dataclasses.is_dataclass(cfg) and not isinstance(cfg, type):
        cfg = dataclasses.asdict(cfg)
    if isinstance(cfg, dict):
        return {str(key): plain(value) for key, value in cfg.items()}
    if isinstance(cfg, list | tuple):
        return [plain(value) for value in cfg]
    return str(cfg) if isinstance(cfg, Path) else cfg


def _composed(cfg: Any) -> Any:
    if isinstance(cfg, dict):
        return dict(cfg)
    from omegaconf import OmegaConf  # late: a third of a second that --help need not spend
    from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

    try:
        return OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    except MissingMandatoryValue as fault:
        raise ValueError(f"give a value to {fault.full_key}=") from None
    except OmegaConfBaseException as fault:
        raise ValueError(str(fault).splitlines()[0]) from None
