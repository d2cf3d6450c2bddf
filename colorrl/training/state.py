"""The state of an RL run: what a checkpoint holds, and how processes share it."""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from diffusers.training_utils import EMAModel
from hydra.utils import instantiate
from torch import Tensor
from tqdm import tqdm

from colorrl.config.compatibility import needs_noise
from colorrl.config.schema.learn import LearnConfig, TrainConfig
from colorrl.data.draw import Pool
from colorrl.data.load import load_pools
from colorrl.device import pick_device
from colorrl.errors import UserError
from colorrl.learn.update import Loss
from colorrl.policy.pipeline import load_policy
from colorrl.policy.rollout import Sampler
from colorrl.run import checkpoint
from colorrl.seeding import Stream, seed_of
from colorrl.training.sampler import check_learns, check_paints, make_sampler

# Numbers and figures of a run that a checkpoint holds as they are.
_PLAIN = ("kl_coef", "step", "images", "n_bad", "best_gold", "best_step", "before", "start_images")


def trainable(network: torch.nn.Module, pattern: str | None) -> list[torch.nn.Parameter]:
    """The parameters whose names begin with the regular expression ``pattern``; None = all.

    Only these take gradients afterwards. Raises UserError if there are none.
    """
    chosen = []
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(pattern is None or re.match(pattern, name) is not None)
        chosen += [parameter] if parameter.requires_grad else []
    if not chosen:
        names = ", ".join(sorted({n.split(".")[0] for n, _ in network.named_parameters()}))
        raise UserError(f"learn.trainable={pattern} is the start of no parameter: {names}")
    return chosen


def estimator_of(cfg: TrainConfig, device: torch.device) -> Any:
    """The estimator that ``learn.advantage`` names, None without one."""
    if cfg.learn.advantage is None:
        return None
    estimator = instantiate(cfg.learn.advantage)
    estimator.prepare(device, seed_of(cfg.seed, Stream.CRITIC))
    return estimator


def adamw(
    parameters: list[torch.nn.Parameter], learn: LearnConfig, device: torch.device
) -> torch.optim.Optimizer:
    """AdamW as ``learn`` sets it."""
    return torch.optim.AdamW(
        parameters,
        lr=learn.lr,
        betas=(learn.betas[0], learn.betas[1]),
        weight_decay=learn.weight_decay,
        fused=device.type == "cuda",
    )


def loss_of(learn: LearnConfig, sampler: Sampler) -> Loss:
    """The loss that ``learn.loss`` names. UserError where ``sampler`` does not suit it."""
    loss: Loss = instantiate(learn.loss)
    if loss.needs_reward_gradient and not sampler.action.differentiable:
        raise UserError(
            "learn.loss follows the reward's gradient, which what sampler/action draws does "
            "not pass on; take sampler=ode"
        )
    return loss


def auxiliary_pools(cfg: TrainConfig, size: int) -> list[Pool]:
    """The sets that ``learn.auxiliary`` draws from, whole. Raises UserError as `load_pools`."""
    if cfg.learn.auxiliary is None or not cfg.learn.auxiliary.sets:
        return []
    return load_pools(replace(cfg.data, sets=cfg.learn.auxiliary.sets, part=[0.0, 1.0]), size)


class Training:
    """Policy, frozen start, optimiser, averaged weights and counters of one run."""

    def __init__(self, cfg: TrainConfig) -> None:
        self.cfg = cfg
        asked = pick_device(cfg.device).type
        self.accelerator = Accelerator(cpu=asked == "cpu", mixed_precision=cfg.trainer.precision)
        if self.device.type != asked:
            raise UserError(f"device={cfg.device}: this machine offers {self.device.type}")
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
        self.parameters = trainable(self.policy, cfg.learn.trainable)
        self.optimizer = adamw(self.parameters, cfg.learn, self.device)
        decay = cfg.learn.ema_decay  # from the first step on: its warm-up would take hundreds
        self.ema = EMAModel(self.parameters, decay=decay, min_decay=decay, update_after_step=-1)
        self.advantage = estimator_of(cfg, self.device)
        self.loss = loss_of(cfg.learn, self.sampler)
        self.kl: Any = instantiate(cfg.learn.kl.estimator) if cfg.learn.kl else None
        self.auxiliary: Any = (
            instantiate(cfg.learn.auxiliary.function) if cfg.learn.auxiliary else None
        )
        self.auxiliary_pools = auxiliary_pools(cfg, self.size)
        self.kl_coef = cfg.learn.kl.coef if cfg.learn.kl else 0.0
        self.n_slots = 0
        self.step = self.images = self.n_bad = 0
        self.best_gold, self.best_step = -1.0, -1
        self.before: dict[str, Tensor] = {}  # held-out figures of the start
        self.start_images = torch.empty(0)
        # of the averaged weights, latest: its step, held-out figures, and the alarm
        self.judgement: tuple[int, dict[str, Tensor], dict[str, float]] | None = None

    @property
    def device(self) -> torch.device:
        return self.accelerator.device

    @property
    def is_main(self) -> bool:
        return self.accelerator.is_main_process

    @property
    def rank(self) -> int:
        return self.accelerator.process_index

    @property
    def n_processes(self) -> int:
        return self.accelerator.num_processes

    def gather(self, values: Tensor) -> Tensor:
        """Rows of all processes, in rank order."""
        return self.accelerator.gather(values)

    def local_rows(self, rows: Tensor) -> Tensor:
        """This process's share of gathered rows."""
        return rows.chunk(self.n_processes)[self.rank]

    def sum(self, values: Tensor) -> Tensor:
        """Sum over processes."""
        return self.accelerator.reduce(values, reduction="sum")

    def close(self) -> None:
        """Leave the group of processes: its threads must not outlive the interpreter."""
        self.accelerator.end_training()

    def agree(self, wish: bool) -> bool:
        """Whether any process wishes so: all stop together or none does."""
        return bool(self.sum(torch.tensor([float(wish)], device=self.device)) > 0)

    def count_bad(self, norm: Tensor) -> None:
        """Count a skipped update. Raises UserError once there are too many."""
        self.n_bad += 1
        tqdm.write(f"WARNING step {self.step}: gradient norm {float(norm)}, update skipped")
        if self.n_bad > self.cfg.learn.max_bad_updates:
            raise UserError(
                f"{self.n_bad} updates were not finite (learn.max_bad_updates="
                f"{self.cfg.learn.max_bad_updates}): lower learn.lr or sampler.eta"
            )

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """The policy with its averaged weights."""
        self.ema.store(self.parameters)
        self.ema.copy_to(self.parameters)
        try:
            yield
        finally:
            self.ema.restore(self.parameters)

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
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "advantage": {} if self.advantage is None else self.advantage.state_dict(),
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
        self.accelerator.wait_for_everyone()
        return saved

    def resume(self, folder: Path) -> int | None:
        """Continue from the latest checkpoint if ``resume=auto``; its step, None for a new run."""
        if self.cfg.resume is None:
            checkpoint.refuse_taken(folder)
        if self.is_main:
            checkpoint.clean(folder)
            if self.cfg.resume == "restart":
                checkpoint.clear(folder)
        self.accelerator.wait_for_everyone()
        latest = checkpoint.latest(folder)
        if latest is None:
            return None
        state = checkpoint.load(latest)
        self.policy.load_state_dict(state["policy"])
        self.reference.load_state_dict(state["reference"])
        self.ema.load_state_dict(state["ema"])
        self.ema.to(self.device)  # a checkpoint is read to the CPU
        self.optimizer.load_state_dict(state["optimizer"])
        if state["advantage"]:
            self.advantage.load_state_dict(state["advantage"])
        for name in _PLAIN:
            setattr(self, name, state[name])
        return self.step
