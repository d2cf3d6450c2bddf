"""The state of an RL run: what a checkpoint holds."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from torch import Tensor

from colorrl.config.compatibility import needs_noise
from colorrl.config.schema.learn import TrainConfig
from colorrl.learn.estimators import Estimator
from colorrl.policy.pipeline import load_policy
from colorrl.run import checkpoint
from colorrl.seeding import StepSeeds, Stream, seed_of
from colorrl.training.actor import Actor
from colorrl.training.batches import BatchMaker
from colorrl.training.objective import make_objective
from colorrl.training.penalty import Penalty
from colorrl.training.processes import Processes
from colorrl.training.sampler import check_learns, check_paints, make_sampler
from colorrl.training.weights import Weights

# Numbers and figures of a run that a checkpoint holds as they are.
_PLAIN = ("step", "images", "best_gold", "best_step", "before", "start_images")


def estimator_of(cfg: TrainConfig, device: torch.device) -> Estimator | None:
    """The estimator that ``learn.advantage`` names, None without one."""
    if cfg.learn.advantage is None:
        return None
    estimator: Estimator = instantiate(cfg.learn.advantage)
    estimator.prepare(device, seed_of(cfg.seed, Stream.CRITIC))
    return estimator


class Training:
    """Policy, frozen start, optimiser, averaged weights and counters of one run."""

    def __init__(self, cfg: TrainConfig) -> None:
        self.cfg = cfg
        self.processes = Processes(cfg.device, cfg.trainer.precision)
        pipeline = self.generator = load_policy(cfg.policy, self.device)
        self.size = pipeline.size
        self.n_steps = int(pipeline.config.n_steps)
        self.time_shift = float(pipeline.config.shift)
        check_learns(cfg.learn, pipeline.network)
        check_paints(cfg.reward, pipeline.network)
        self.sampler = make_sampler(cfg.sampler, pipeline, needs_noise(cfg.learn))
        self.grid = pipeline.network.space.times(self.n_steps, self.time_shift)
        self.reference = pipeline.network
        # eval() for good: dropout would make the ratio of a policy to itself differ from 1.
        self.policy = copy.deepcopy(pipeline.network).eval()
        self.weights = Weights(self.policy, cfg.learn, self.device)
        self.estimator = estimator_of(cfg, self.device)
        self.penalty = Penalty(cfg.learn.kl)
        self.make_batch = BatchMaker(
            cfg.augment, cfg.data.palette_condition, cfg.trainer.n_palette, self.device
        )
        self.objective = make_objective(cfg, self.penalty, self.sampler, self.size, self.make_batch)
        self.n_slots = 0  # region ids that every batch is padded to
        self.step = self.images = 0
        self.best_gold, self.best_step = -1.0, -1
        self.before: dict[str, Tensor] = {}  # held-out figures of the start
        self.start_images = torch.empty(0)
        # of the averaged weights, latest: its step, held-out figures, and the alarm
        self.judgement: tuple[int, dict[str, Tensor], dict[str, float]] | None = None

    @property
    def device(self) -> torch.device:
        return self.processes.device

    @property
    def is_main(self) -> bool:
        return self.processes.is_main

    @property
    def actor(self) -> Actor:
        """What samples and scores steps."""
        return Actor(self.policy, self.reference, self.sampler, self.processes.autocast)

    @property
    def seeds(self) -> StepSeeds:
        """What the random numbers of the next update are a function of."""
        return StepSeeds(self.cfg.seed, self.step)

    def close(self) -> None:
        """Leave the group of processes: its threads must not outlive the interpreter."""
        self.processes.close()

    def write_generator(self, folder: Path) -> None:
        """The policy as it is, as a generator folder. One process writes."""
        if self.is_main:
            self.generator.write(
                folder, self.policy, rho=self.sampler.rho, guidance=self.sampler.guidance
            )

    def state(self) -> dict[str, Any]:
        """All that the next step depends on; noise and data are functions of seed and step."""
        return {
            "policy": self.policy.state_dict(),
            "reference": self.reference.state_dict(),
            **self.weights.state_dict(),
            "advantage": {} if self.estimator is None else self.estimator.state_dict(),
            "kl_coef": self.penalty.coef,
            **{name: getattr(self, name) for name in _PLAIN},
        }

    def save(self, folder: Path) -> Path | None:
        """Write a checkpoint; keep the latest ones and the best by gold, drop the others.

        Its folder, None in a process that does not write.
        """
        saved = None
        if self.is_main:
            saved = checkpoint.save(folder, self.step, self.state())
            if self.best_step == self.step:
                checkpoint.mark_best(folder, saved, self.best_gold)
            checkpoint.rotate(folder, keep=self.cfg.trainer.keep)
        self.processes.wait()
        return saved

    def resume(self, folder: Path) -> int | None:
        """Continue from the latest checkpoint if ``resume=auto``; its step, None for a new run."""
        if self.cfg.resume is None:
            checkpoint.refuse_taken(folder)
        if self.is_main:
            checkpoint.clean(folder)
            if self.cfg.resume == "restart":
                checkpoint.clear(folder)
        self.processes.wait()
        latest = checkpoint.latest(folder)
        if latest is None:
            return None
        state = checkpoint.load(latest)
        self.policy.load_state_dict(state["policy"])
        self.reference.load_state_dict(state["reference"])
        self.weights.load_state_dict(state, self.device)
        if self.estimator is not None:
            self.estimator.load_state_dict(state["advantage"])
        self.penalty.coef = state["kl_coef"]
        for name in _PLAIN:
            setattr(self, name, state[name])
        return self.step
