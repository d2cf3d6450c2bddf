"""Reinforcement learning: how colourings are sampled and what is learnt from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from colorrl.config.schema.data import AugmentConfig, DataConfig
from colorrl.config.schema.generator import PolicyConfig
from colorrl.config.schema.words import Above0, Amount, Count, Share, Spec
from colorrl.config.typed import Range


@dataclass(frozen=True, slots=True)
class SamplerConfig:
    """How a rollout walks from noise to image; null takes the generator's own setting."""

    kind: Literal["flow_sde", "cps", "ddim", "ode"]  # ode: the first noise alone
    eta: float
    n_steps: int | None
    shift: float | None
    rho: float | None
    window: list[int] | None  # [first, count]
    branches: list[Count]  # chains that each chain parts into, step by step
    action: Spec  # policy.action.Action: what of a step is decided and scored
    guidance: float | None  # how much palette and hints count, 1 = off


@dataclass(frozen=True, slots=True)
class KlConfig:
    """The divergence from the start, in nats per dimension of the action and step."""

    where: Literal["loss", "reward"]
    estimator: Spec  # (logp, logp_ref, closed form), each (N, R+1) -> (N, R+1)
    coef: Amount
    target: Above0 | None  # that coef is steered to
    reset_every: Count | None  # updates

    @property
    def in_loss(self) -> bool:
        return self.where == "loss"


@dataclass(frozen=True, slots=True)
class AuxiliaryConfig:
    weight: Amount
    sets: dict[str, Above0] | None  # to draw its sketches from; None = those that are coloured
    function: Spec  # (policy, sketch, seeds, rho) -> (S,)


@dataclass(frozen=True, slots=True)
class LearnConfig:
    """How rewards become updates. What combines with what: config/compatibility.py."""

    advantage: Spec | None  # one of learn.estimators
    loss: Spec  # a learn.update.Loss
    kl: KlConfig | None
    auxiliary: AuxiliaryConfig | None
    credit: Literal["image", "region", "mix"]
    credit_mix: Share  # share of region credit in mix
    trainable: str | None  # regular expression of parameter names; None = all
    lr: Amount
    betas: list[float]
    weight_decay: Amount
    max_grad_norm: Above0
    epochs: Count  # passes over a rollout
    optimizer_steps: Count  # per pass
    ema_decay: Share
    max_bad_updates: Annotated[int, Range(0)]


@dataclass(frozen=True, slots=True)
class TrainerConfig:
    """Batch arithmetic and schedule; totals are over all processes."""

    sketches: Count
    group_size: Annotated[int, Range(2)]  # one alone compares with nothing
    micro_sketches: Count
    updates: Count
    budget_minutes: float | None
    eval_every: Count
    eval_sketches: int | None
    save_every: Count
    keep: Count
    n_palette: int
    precision: Literal["no", "bf16"]


@dataclass(frozen=True, slots=True)
class TrainConfig:
    name: str
    seed: int
    device: str
    runs: Path
    resume: Literal["auto", "restart"] | None
    dry_run: bool
    augment: AugmentConfig
    data: DataConfig
    policy: PolicyConfig
    reward: Spec
    sampler: SamplerConfig
    learn: LearnConfig
    trainer: TrainerConfig
    track: dict[str, Spec]
