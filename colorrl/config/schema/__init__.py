"""The typed schema of conf/: types in Python, values in YAML, each once.

One dataclass per verb, none with defaults. What is chosen by class (networks, reward terms,
trackers) is a ``dict`` with ``_target_`` that the entry point instantiates. Imports neither
torch nor Hydra, so that ``colorrl --help`` answers at once.
"""

from __future__ import annotations

from colorrl.config.schema.audit import AuditConfig
from colorrl.config.schema.bench import BenchConfig
from colorrl.config.schema.data import PrepareConfig
from colorrl.config.schema.evaluation import CompareConfig, DemoConfig, EvaluateConfig
from colorrl.config.schema.generator import PretrainConfig
from colorrl.config.schema.learn import TrainConfig
from colorrl.config.schema.pages import ColorizeConfig, ExportConfig, RegionsConfig
from colorrl.config.schema.planning import PlanConfig
from colorrl.config.schema.preferences import PreferConfig, RewardModelConfig
from colorrl.config.schema.q_learning import QLearningConfig
from colorrl.config.schema.studio import StudioConfig

VERBS: dict[str, type] = {
    "prepare": PrepareConfig,
    "pretrain": PretrainConfig,
    "train": TrainConfig,
    "evaluate": EvaluateConfig,
    "colorize": ColorizeConfig,
    "export": ExportConfig,
    "studio": StudioConfig,
    "regions": RegionsConfig,
    "compare": CompareConfig,
    "audit": AuditConfig,
    "prefer": PreferConfig,
    "reward_model": RewardModelConfig,
    "plan": PlanConfig,
    "q_learning": QLearningConfig,
    "bench": BenchConfig,
    "demo": DemoConfig,
}
