"""The state of a pretraining run: what a checkpoint holds, and one optimiser step."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from diffusers.training_utils import EMAModel
from hydra.utils import instantiate
from torch import Tensor

from colorrl.config.schema.generator import PretrainConfig
from colorrl.data.token_rows import TokenBatch
from colorrl.device import pick_device
from colorrl.errors import UserError
from colorrl.policy.entries import PointingPolicy
from colorrl.policy.flow_matching import shift_time, time_weight, x0_and_entry_error, x0_error
from colorrl.policy.grow import Growing
from colorrl.policy.outside import is_ours, refuse_unloadable
from colorrl.policy.pipeline import load_generator, load_policy, save_generator
from colorrl.seeding import seed_of
from colorrl.training.token_steps import masks, token_loss
from colorrl.types import Sketch, SketchBatch


@dataclass(frozen=True, slots=True)
class Task:
    """What a kind of network learns, as the loop calls it."""

    figure: str  # name of what `update` returns
    draw: Callable[[int], Any]  # the batch of a step, a function of it
    update: Callable[[Any], Tensor]  # one optimiser step
    # held-out figures of the averaged weights; True: at a step that may be kept as the best
    validate: Callable[[bool], dict[str, float]]
    shown: list[Sketch]  # held-out sketches that people look at
    flats: Callable[[Any, SketchBatch], Tensor]  # (N, 3, H, W) of a network


class Pretraining:
    """A run's state: network, EMA, optimiser, step."""

    def __init__(self, cfg: PretrainConfig) -> None:
        self.cfg = cfg
        torch.manual_seed(seed_of(cfg.seed, 0))
        self.device = pick_device(cfg.device)
        hub = cfg.policy.hub is not None
        self.generator: Any = load_policy(cfg.policy, self.device) if hub else None
        self.network = self.start_network()
        if hub:  # an adapter of its own, over the base that the start is
            self.network = copy.deepcopy(self.network).requires_grad_(True)
        self.compiled_model: Any = compiled(self.network) if cfg.compile else self.network
        on_gpu = self.device.type == "cuda"  # fewer and larger kernels
        learned = list(self.network.parameters())
        self.ema = EMAModel(learned, decay=cfg.ema_decay, foreach=on_gpu)
        self.optimizer = torch.optim.AdamW(
            learned,
            lr=cfg.lr,
            weight_decay=cfg.weight_decay,
            betas=(0.9, 0.99),
            fused=on_gpu,
        )
        self.learns_tokens = not self.network.space.noisy
        self.step = 0
        self.best = (
            -math.inf
        )  # the highest held-out figure so far, of networks that keep their best

    @property
    def size(self) -> int:
        """Side of the square images in pixels."""
        return int((self.network.config if self.generator is None else self.generator).size)

    def start_network(self) -> Any:
        """What it goes on from: the pipeline's own, ``start``, or fresh weights."""
        if self.generator is not None:
            return self.generator.network
        cfg = self.cfg
        network = init_from(instantiate(cfg.policy.network), cfg.start)
        if not is_ours(network):
            write = partial(save_generator, n_steps=1, shift=1.0, rho=0.0)
            refuse_unloadable(network, write, load_generator)
        return network.to(self.device)

    def write(self, folder: Path) -> None:
        """The averaged weights as a generator folder."""
        with self.averaged():
            if self.generator is not None:
                self.generator.write(folder, self.network, rho=0.0, guidance=1.0)
            else:
                save_generator(folder, self.network, **self.sampling)

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "best": self.best,
        }

    def load(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.ema.load_state_dict(state["ema"])
        self.ema.to(self.device)  # a checkpoint is read to the CPU
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        self.best = state["best"]

    @property
    def sampling(self) -> dict[str, Any]:
        """What the generator is saved to be sampled with. Region tokens have no noise to shape."""
        cfg = self.cfg
        noise = {"shift": 1.0, "rho": 0.0} if self.learns_tokens else None
        return {"n_steps": cfg.n_steps} | (noise or {"shift": cfg.sample_shift, "rho": cfg.rho})

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """The network with its averaged weights."""
        self.ema.store(self.network.parameters())
        self.ema.copy_to(self.network.parameters())
        try:
            yield
        finally:
            self.ema.restore(self.network.parameters())

    def learning_rate(self) -> float:
        """Linear warm-up, then with ``anneal`` cosine to a twentieth."""
        warm = min(1.0, (self.step + 1) / max(1, self.cfg.warmup_steps))
        if not self.cfg.anneal:
            return self.cfg.lr * warm
        phase = torch.pi * torch.tensor(min(1.0, self.step / self.cfg.steps))
        return self.cfg.lr * warm * (0.525 + 0.475 * float(torch.cos(phase)))

    def update(self, batch: SketchBatch) -> Tensor:
        """One optimiser step on ``batch``; returns the mean weighted x0 error ().

        Nothing here waits for the device, so that the next batch is on its way meanwhile.
        """
        cfg = self.cfg
        seeds = seeds_of(cfg.seed, 1, self.step, len(batch))
        draw = torch.Generator().manual_seed(seed_of(cfg.seed, 2, self.step))
        t = shift_time(torch.rand(len(batch), generator=draw), cfg.time_shift)
        t = t.to(self.device, non_blocking=True)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=cfg.precision == "bf16"):
            error, entry = self.errors(batch, t, seeds)
        self.descend((time_weight(t, cfg.weight_cap) * error + cfg.entry_weight * entry).mean())
        return error.detach().mean()

    def update_tokens(self, batches: Sequence[TokenBatch]) -> Tensor:
        """One optimiser step on ``batches`` of region tokens; returns the mean nats () of a hidden
        region's entry, by weight."""
        hidden = masks(batches, self.cfg.seed, self.step)
        total = sum(float((b.weight * h).sum()) for b, h in zip(batches, hidden, strict=True))
        surprise = torch.zeros((), device=self.device)
        for batch, of_batch in zip(batches, hidden, strict=True):
            with torch.autocast(
                self.device.type, torch.bfloat16, enabled=self.cfg.precision == "bf16"
            ):
                loss, nats = token_loss(
                    self.network, batch.to(self.device), of_batch.to(self.device)
                )
            (loss / total).backward()
            surprise += nats
        self.advance()
        return surprise / total

    def descend(self, loss: Tensor) -> None:
        """One optimiser step down ``loss`` (), and the averaged weights after it."""
        loss.backward()
        self.advance()

    def advance(self) -> None:
        """One optimiser step with the gradient that is there, and the averaged weights after it."""
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.cfg.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.step(self.network.parameters())
        self.step += 1

    def errors(self, batch: SketchBatch, t: Tensor, seeds: Tensor) -> tuple[Tensor, Tensor]:
        """(N,) each: x0 error and, of networks that point at the palette, cross entropy or 0."""
        if isinstance(self.network, PointingPolicy) and self.cfg.entry_weight > 0:
            return x0_and_entry_error(self.compiled_model, batch, t, seeds, self.cfg.rho)
        error = x0_error(self.compiled_model, batch, t, seeds, self.cfg.rho)
        return error, torch.zeros_like(error)


def init_from(network: Any, start: str | None) -> Any:
    """``network``, with the weights of the generator ``start`` if one is given.

    Raises UserError for one of another shape, and of another size unless it is half as large.
    """
    if start is None:
        return network
    found = load_generator(start).network
    if 2 * found.config.size == network.config.size and isinstance(found, Growing):
        found = found.doubled()
    if type(found) is not type(network):
        raise UserError(f"start={start} is a {type(found).__name__}: choose policy= accordingly")
    for name, value in found.config.items():
        if not name.startswith("_") and network.config[name] != value:
            twice = ", or twice that to grow it" if name == "size" else ""
            raise UserError(f"start={start}: set policy.network.{name}={value} as it has{twice}")
    network.load_state_dict(found.state_dict())
    return network


def compiled(network: Any) -> SimpleNamespace:
    """What a step calls of ``network``, for the shapes that come: `draw_batch` keeps them few.

    ``network`` itself stays as it is for held-out sketches, which come in other shapes.
    """
    names = [n for n in ("encode", "predict", "predict_mix") if hasattr(network, n)]
    parts = {n: torch.compile(getattr(network, n), dynamic=False) for n in names}
    return SimpleNamespace(space=network.space, **parts)


def seeds_of(seed: int, purpose: int, step: int, n: int) -> Tensor:
    """(n,) int64: a seed for each row of a batch."""
    return torch.tensor([seed_of(seed, purpose, step, i) for i in range(n)], dtype=torch.long)
