"""What contestants made of the sketches, and what was measured on it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from colorrl.bars import inner_bar
from colorrl.config.schema.evaluation import EvaluateConfig
from colorrl.config.schema.words import PaletteCondition
from colorrl.evaluation.contestants import Contestant, contestants
from colorrl.evaluation.judge import Judge
from colorrl.evaluation.setting import Setting
from colorrl.evaluation.unconditional import Colored, colors_of, true_palettes, watched
from colorrl.evaluation.vote import sample_seed
from colorrl.seeding import seed_of

Columns = dict[str, Tensor]
SECONDS = "time/image_s"
GALLERY, SAMPLES = 32, 4  # sketches of samples.png, and samples of each


@dataclass(frozen=True, slots=True)
class Entry:
    image: Tensor  # (M, 3, H, W) the first sample: the one that is shown
    reward: Tensor  # (M,) of that one
    gallery: Tensor  # (n, m, 3, H, W) the first samples of the m sketches of samples.png
    colors: list[Colored]  # the regions' colours, of every sample; none with a palette
    columns: Columns  # metric -> (M,), each sketch's mean over samples


Entries = dict[str, Entry]  # by contestant


def gallery(n_sketches: int, seed: int) -> list[int]:
    """Which of ``n_sketches`` samples.png shows: chosen by ``seed``, not by hand."""
    draw = torch.Generator().manual_seed(seed_of(seed, 13))
    return torch.randperm(n_sketches, generator=draw)[:GALLERY].tolist()


def measure_contestant(
    judge: Judge, contestant: Contestant, seed: int, condition: PaletteCondition
) -> Entry:
    """Samples of ``contestant``, measured. One sample a sketch is mostly luck: a region is right
    or wrong as a whole."""
    first, colors, measured, shown = torch.empty(0), [], [], []
    for i in inner_bar(range(contestant.n_samples), desc="samples", unit="sample"):
        began = time.monotonic()
        images = contestant.draw(sample_seed(seed, i))
        seconds = (time.monotonic() - began) / len(images)
        first = first if i else images  # samples of a large split would fill the memory
        if i < SAMPLES:
            shown.append(images[gallery(len(images), seed)].cpu())
        if condition == "none":
            colors.append(colors_of(images, judge.batches))
        measured.append(judge.measure(images) | {SECONDS: torch.full((len(images),), seconds)})
    means = {name: torch.stack([m[name] for m in measured]).mean(0) for name in measured[0]}
    return Entry(first, measured[0]["eval/reward"], torch.stack(shown), colors, means)


def measure_all(cfg: EvaluateConfig, condition: PaletteCondition, setting: Setting) -> Entries:
    """Every contestant's entry by name, under one palette condition."""
    field = contestants(cfg, condition, setting)
    bar = tqdm(field.items(), desc=f"palette condition {condition}", unit="contestant")
    entries = {
        name: measure_contestant(setting.judge, contestant, cfg.seed, condition)
        for name, contestant in bar
    }
    if condition == "none":
        book = true_palettes(setting.train)
        for entry in entries.values():
            entry.columns.update(watched(entry.colors, setting.judge.batches, book))
    return entries
