"""The typed schema of conf/: types in Python, values in YAML, each once.

One dataclass per verb, none with defaults. What is chosen by class (networks, reward terms,
trackers) is a ``dict`` with ``_target_`` that the entry point instantiates. Imports neither
torch nor Hydra, so that ``colorrl --help`` answers at once.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorrl.typed import build


class UserError(Exception):
    """What the person at the keyboard can mend: printed as ``error: ...``, no traceback.

    ``exit_code`` is 1 for a failed job and 2 for a command that was not understood.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


Spec = dict[str, Any]  # a class by `_target_` and its arguments


@dataclass(frozen=True, slots=True)
class DataConfig:
    name: str  # the set: openmoji, ...
    root: Path  # folder that holds the prepared sets
    size: int  # pixels along each side of what load_split returns
    seed: int  # decides the split


@dataclass(frozen=True, slots=True)
class PrepareConfig:
    data: DataConfig
    workers: int  # processes


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    path: str  # a shipped name, a folder made by save_pretrained, or a hub id
    network: Spec  # what `colorrl pretrain` makes


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    name: str
    seed: int
    device: str
    runs: Path
    resume: str | None
    steps: int
    budget_minutes: float | None
    batch_size: int
    lr: float
    warmup_steps: int
    weight_decay: float
    max_grad_norm: float
    ema_decay: float
    rho: float
    time_shift: float
    weight_cap: float
    n_steps: int
    n_palette: int
    log_every: int
    validate_every: int
    save_every: int
    augment: AugmentConfig
    data: DataConfig
    policy: PolicyConfig
    track: dict[str, Spec]


@dataclass(frozen=True, slots=True)
class TrainConfig:
    name: str
    seed: int
    device: str
    runs: Path
    resume: str | None
    dry_run: bool
    data: DataConfig
    policy: Spec
    reward: Spec
    track: dict[str, Spec]


@dataclass(frozen=True, slots=True)
class EvaluateConfig:
    name: str
    seed: int
    device: str
    output: Path
    data: DataConfig
    policy: Spec


@dataclass(frozen=True, slots=True)
class ColorizeConfig:
    input: Path
    output: Path
    palette: str | list[str] | None  # #rrggbb colours or a palette file
    seed: int
    device: str
    overwrite: bool
    policy: Spec


@dataclass(frozen=True, slots=True)
class RegionsConfig:
    input: Path
    output: Path
    overwrite: bool


@dataclass(frozen=True, slots=True)
class CompareConfig:
    input: list[Path]  # run folders, or folders above them
    output: Path


@dataclass(frozen=True, slots=True)
class AuditConfig:
    seed: int
    device: str
    output: Path
    data: DataConfig
    reward: Spec


@dataclass(frozen=True, slots=True)
class DemoConfig:
    seed: int
    output: Path


VERBS: dict[str, type] = {
    "prepare": PrepareConfig,
    "pretrain": PretrainConfig,
    "train": TrainConfig,
    "evaluate": EvaluateConfig,
    "colorize": ColorizeConfig,
    "regions": RegionsConfig,
    "compare": CompareConfig,
    "audit": AuditConfig,
    "demo": DemoConfig,
}

# What may change without making another experiment of a run.
NOT_IDENTITY = frozenset({"seed", "resume", "track", "device", "runs", "output", "dry_run"})


def conf_dir() -> Path:
    """conf/ of the installed package, or of the checkout around it."""
    package = Path(__file__).resolve().parent
    for folder in (package / "conf", package.parent / "conf"):
        if folder.is_dir():
            return folder
    raise UserError(f"no conf/ in or beside {package}: reinstall colorrl")


def check(verb: str, cfg: Any) -> Any:
    """The composed config of ``verb`` (a DictConfig or plain dict) as its dataclass.

    A key that is unknown, missing or of the wrong type raises UserError (exit code 2).
    """
    try:
        return build(VERBS[verb], _plain(cfg))
    except ValueError as fault:
        raise UserError(f"colorrl {verb}: {fault}", exit_code=2) from None


def config_hash(cfg: Any) -> str:
    """8 hex digits that name the experiment: ``cfg`` (a verb's dataclass) less NOT_IDENTITY."""
    kept = {k: v for k, v in dataclasses.asdict(cfg).items() if k not in NOT_IDENTITY}
    text = json.dumps(kept, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def run_dir(cfg: Any) -> Path:
    """``runs/name/hash/seed``: one folder per experiment and seed, the same on ``resume``."""
    return Path(cfg.runs) / cfg.name / config_hash(cfg) / f"seed{cfg.seed}"


def _plain(cfg: Any) -> Any:
    if isinstance(cfg, dict):
        return cfg
    from omegaconf import OmegaConf  # late: a third of a second that --help need not spend
    from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

    try:
        return OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    except MissingMandatoryValue as fault:
        raise ValueError(f"give a value to {fault.full_key}=") from None
    except OmegaConfBaseException as fault:
        raise ValueError(str(fault).splitlines()[0]) from None
