"""The typed schema of conf/: types in Python, values in YAML, each once.

One dataclass per verb, none with defaults. What is chosen by class (networks, reward terms,
trackers) is a ``dict`` with ``_target_`` that the entry point instantiates. Imports neither
torch nor Hydra, so that ``colorrl --help`` answers at once.
"""

from __future__ import annotations

from colorrl.schema.audit import AuditConfig
from colorrl.schema.bench import BenchConfig
from colorrl.schema.data import PrepareConfig
from colorrl.schema.evaluation import CompareConfig, DemoConfig, EvaluateConfig
from colorrl.schema.generator import PretrainConfig
from colorrl.schema.learn import TrainConfig
from colorrl.schema.pages import ColorizeConfig, ExportConfig, RegionsConfig
from colorrl.schema.preferences import PreferConfig, RewardModelConfig

VERBS: dict[str, type] = {
    "prepare": PrepareConfig,
    "pretrain": PretrainConfig,
    "train": TrainConfig,
    "evaluate": EvaluateConfig,
    "colorize": ColorizeConfig,
    "export": ExportConfig,
    "regions": RegionsConfig,
    "compare": CompareConfig,
    "audit": AuditConfig,
    "prefer": PreferConfig,
    "reward_model": RewardModelConfig,
    "bench": BenchConfig,
    "demo": DemoConfig,
}
