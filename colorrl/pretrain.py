"""`colorrl pretrain`: train a flat generator from scratch by flow matching.

One step: draw sketches (base drawings uniformly, then one of their colourings), augment,
predict the clean image from a noisy one, AdamW, EMA. The data of step s are a function of
(seed, s), so a resumed run continues bit-identically.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from diffusers.training_utils import EMAModel
from hydra.utils import instantiate
from torch import Tensor
from tqdm import tqdm

from colorrl import checkpoint
from colorrl.config import PretrainConfig, run_dir
from colorrl.data.augment import augment
from colorrl.data.batch import collate
from colorrl.data.draw import Groups, by_drawing, draw_sketches
from colorrl.data.pairs import load_split
from colorrl.panel import rows_of
from colorrl.policy.flow_matching import shift_time, time_weight, x0_error
from colorrl.policy.pipeline import ode_sample, save_generator
from colorrl.policy.transition import time_grid
from colorrl.seeding import seed_of
from colorrl.track.result import write_result
from colorrl.track.start import start_tracking
from colorrl.track.tracker import Trackers
from colorrl.types import Sketch, SketchBatch

VALIDATION_TIMES = (0.97, 0.9, 0.75, 0.5, 0.25)


class Pretraining:
    """A run's state: network, EMA, optimiser, step."""

    def __init__(self, cfg: PretrainConfig) -> None:
        self.cfg = cfg
        torch.manual_seed(seed_of(cfg.seed, 0))
        self.device = Accelerator(cpu=cfg.device == "cpu").device
        self.network = instantiate(cfg.policy.network).to(self.device)
        self.ema = EMAModel(self.network.parameters(), decay=cfg.ema_decay)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay, betas=(0.9, 0.99)
        )
        self.size = int(self.network.config.size)
        self.step = 0

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }

    def load(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def learning_rate(self) -> float:
        """Linear warm-up, then cosine to a twentieth."""
        warm = min(1.0, (self.step + 1) / self.cfg.warmup_steps)
        phase = torch.pi * torch.tensor(min(1.0, self.step / self.cfg.steps))
        return self.cfg.lr * warm * (0.525 + 0.475 * float(torch.cos(phase)))

    def update(self, batch: SketchBatch) -> float:
        """One optimiser step on ``batch``; returns the mean weighted x0 error."""
        cfg = self.cfg
        seeds = _rows(cfg.seed, 1, self.step, len(batch))
        draw = torch.Generator().manual_seed(seed_of(cfg.seed, 2, self.step))
        t = shift_time(torch.rand(len(batch), generator=draw), cfg.time_shift).to(self.device)
        error = x0_error(self.network, batch, t, seeds, cfg.rho)
        loss = (time_weight(t, cfg.weight_cap) * error).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), cfg.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.step(self.network.parameters())
        self.step += 1
        return float(error.mean().detach())


def draw_batch(groups: Groups, cfg: PretrainConfig, step: int) -> SketchBatch:
    """The batch of step ``step``: augmented colourings of ``batch_size`` drawings."""
    sketches = [
        augment(sketch, seed_of(cfg.seed, 4, step, i), cfg.augment)
        for i, sketch in enumerate(draw_sketches(groups, cfg.batch_size, cfg.seed, step))
    ]
    return collate(sketches, n_palette=cfg.n_palette)


@torch.no_grad()
def validate(run: Pretraining, sketches: Sequence[Sketch]) -> dict[str, float]:
    """x0 error of the EMA weights on held-out sketches, at fixed times and noise."""
    run.ema.store(run.network.parameters())
    run.ema.copy_to(run.network.parameters())
    errors = defaultdict(list)
    for chunk in (sketches[i : i + 64] for i in range(0, len(sketches), 64)):
        batch = collate(chunk, n_palette=run.cfg.n_palette).to(run.device)
        for t in VALIDATION_TIMES:
            time_ = torch.full((len(batch),), t, device=run.device)
            seeds = _rows(run.cfg.seed, 5, 0, len(batch))
            errors[t] += x0_error(run.network, batch, time_, seeds, run.cfg.rho).tolist()
    run.ema.restore(run.network.parameters())
    mean = {f"eval/x0_error_t{t:g}": sum(e) / len(e) for t, e in errors.items()}
    return mean | {"eval/x0_error": sum(mean.values()) / len(mean)}


@torch.no_grad()
def sample_panel(run: Pretraining, panel: SketchBatch) -> Tensor:
    """(3, H', W') grid: line art, true flats, the EMA generator's flats."""
    run.ema.store(run.network.parameters())
    run.ema.copy_to(run.network.parameters())
    grid = time_grid(run.cfg.n_steps, run.cfg.time_shift)
    seeds = _rows(run.cfg.seed, 6, 0, len(panel))
    flats = ode_sample(run.network, panel, grid, run.cfg.rho, seeds)
    run.ema.restore(run.network.parameters())
    return rows_of(panel, [flats])


def main(cfg: PretrainConfig) -> None:
    """Train to ``cfg.steps`` (or the time budget), then write the generator folder."""
    folder = run_dir(cfg)
    run = Pretraining(cfg)
    checkpoint.clean(folder)
    start = checkpoint.latest(folder) if cfg.resume == "auto" else None
    if start is not None:
        run.load(checkpoint.load(start))
    train = by_drawing(load_split(Path(cfg.data.root) / cfg.data.name, "train", run.size))
    held_out = load_split(Path(cfg.data.root) / cfg.data.name, "val", run.size)
    panel = collate(held_out[:: max(1, len(held_out) // 16)][:16], n_palette=cfg.n_palette)
    panel = panel.to(run.device)
    tracker = start_tracking("pretrain", cfg, None if start is None else run.step)
    metrics = _loop(run, train, held_out, panel, tracker, folder)
    finish(run, folder, metrics)


def _loop(
    run: Pretraining,
    train: Groups,
    held_out: Sequence[Sketch],
    panel: SketchBatch,
    tracker: Trackers,
    folder: Path,
) -> dict[str, float]:
    cfg, began = run.cfg, time.monotonic()
    limit = 60 * (cfg.budget_minutes or math.inf)
    metrics: dict[str, float] = {}
    with tqdm(total=cfg.steps, initial=run.step, desc="pretrain", unit="step") as bar:
        while run.step < cfg.steps and time.monotonic() - began < limit:
            error = run.update(draw_batch(train, cfg, run.step).to(run.device))
            bar.update()
            bar.set_postfix(x0_error=f"{error:.4f}")
            last = run.step == cfg.steps
            if run.step % cfg.log_every == 0 or last:
                metrics = {"train/x0_error": error, "train/lr": run.learning_rate()}
                if run.step % cfg.validate_every == 0 or last:
                    metrics |= validate(run, held_out)
                    tracker.images(run.step, "panel", sample_panel(run, panel))
                tracker.log(run.step, run.step * cfg.batch_size, metrics)
            if run.step % cfg.save_every == 0 or last:
                checkpoint.save(folder, run.step, run.state())
                checkpoint.rotate(folder, keep=2)
    checkpoint.save(folder, run.step, run.state())
    return metrics | validate(run, held_out)


def finish(run: Pretraining, folder: Path, metrics: dict[str, float]) -> None:
    """Write the EMA weights as a generator folder, and the figures beside it."""
    run.ema.copy_to(run.network.parameters())
    cfg = run.cfg
    save_generator(
        folder / "generator", run.network, n_steps=cfg.n_steps, shift=cfg.time_shift, rho=cfg.rho
    )
    write_result(folder / "result.json", metrics | {"step": run.step}, cfg, device=str(run.device))
    tqdm.write(f"generator: {folder / 'generator'}   figures: {folder / 'result.json'}")


def _rows(seed: int, purpose: int, step: int, n: int) -> Tensor:
    return torch.tensor([seed_of(seed, purpose, step, i) for i in range(n)], dtype=torch.long)


if __name__ == "__main__":
    from colorrl.cli import run_verb

    run_verb("pretrain")
