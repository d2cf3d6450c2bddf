"""`colorrl evaluate`: a generator on held-out sketches, and what it must be better than.

Baselines: a white page, the drawing's dominant colour on its true background, the start
(``start=``), and the best of n samples of the start, chosen by the reward: what sampling alone
can buy. That last one costs n times the samples and, as the reward is paired, needs the truth at
test time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import torch
from hydra.utils import instantiate
from torch import Tensor
from tqdm import tqdm

from colorrl.config import UserError
from colorrl.data.load import load_sketches
from colorrl.device import pick_device
from colorrl.judge import Judge, compared, make_judge, means
from colorrl.policy.pipeline import FlatColorPipeline, load_generator
from colorrl.report import contest, table
from colorrl.report.sheet import draw_sheet
from colorrl.rewards.cheats.flat import background_and_one_colour, white_page
from colorrl.schema import EvaluateConfig
from colorrl.seeding import seed_of
from colorrl.track.result import write_result, write_text

Columns = dict[str, Tensor]
GENERATOR, START = "generator", "start"


def main(cfg: EvaluateConfig) -> None:
    """Colour the split with every contestant, measure, write table, CSV, contact sheets."""
    generator, start, judge = load(cfg)
    began = time.monotonic()
    after = colour(judge, generator, cfg.seed)
    seconds = (time.monotonic() - began) / len(after)
    before = {} if start is None else {START: colour(judge, start, cfg.seed)}
    images = before | {GENERATOR: after} | baselines(judge, start or generator, cfg)
    columns = {
        name: judge.measure(pictures)
        for name, pictures in tqdm(images.items(), desc="measure", unit="contestant")
    }
    rewards = {name: values["eval/reward"] for name, values in columns.items()}  # of the pictures
    for name, sampled in ((GENERATOR, generator), (START, start)):
        if sampled is not None:
            columns[name] = averaged(columns[name], judge, sampled, cfg)
    draw_contact(cfg.output, judge, images, rewards)
    write_tables(cfg.output, judge, columns)
    write_result(
        cfg.output / "result.json",
        figures(columns) | {"time/image_s": seconds, "split": cfg.split, "sketches": len(after)},
        cfg,
        device=str(after.device),
    )
    print(f"{len(after)} sketches; reports in {cfg.output}")


def load(cfg: EvaluateConfig) -> tuple[FlatColorPipeline, FlatColorPipeline | None, Judge]:
    """Generator, start, and the judge of ``cfg.split`` at their size. UserError if they differ."""
    if cfg.samples < 1:
        raise UserError(f"samples={cfg.samples}: give 1 or more samples a sketch")
    if cfg.best_of < 0:
        raise UserError(f"best_of={cfg.best_of}: give 1 or more samples, or 0 for no such baseline")
    device = pick_device(cfg.device)
    generator = load_generator(cfg.policy.path, device)
    start = None if cfg.start is None else load_generator(cfg.start, device)
    if start is not None and start.size != generator.size:
        raise UserError(
            f"start={cfg.start} makes images of {start.size} px, {cfg.policy.path} of "
            f"{generator.size} px: they can only be compared at one size"
        )
    sketches = load_sketches(cfg.data, cfg.split, generator.size, cfg.limit)
    judge = make_judge(sketches, instantiate(cfg.reward), device, cfg.n_palette)
    return generator, start, judge


def colour(judge: Judge, generator: FlatColorPipeline, seed: int) -> Tensor:
    """(M, 3, H, W): one sample of each sketch, once the device has made them."""
    images = judge.colour(generator.network, generator.grid, generator.config.rho, seed)
    if images.is_cuda:  # else the clock would stop before the work does
        torch.cuda.synchronize(images.device)
    return images


def averaged(
    first: Columns, judge: Judge, generator: FlatColorPipeline, cfg: EvaluateConfig
) -> Columns:
    """Each sketch's figures as means over ``cfg.samples`` samples, ``first`` those of one.

    One sample a sketch is mostly luck: a region is right or wrong as a whole.
    """
    columns = [first]
    for i in tqdm(range(1, cfg.samples), desc="more samples", unit="sample", leave=False):
        columns.append(judge.measure(colour(judge, generator, seed_of(cfg.seed, 9, i))))
    return {name: torch.stack([c[name] for c in columns]).mean(0) for name in first}


def baselines(judge: Judge, start: FlatColorPipeline, cfg: EvaluateConfig) -> dict[str, Tensor]:
    """Colourings (M, 3, H, W) that a generator must beat, by name."""
    none = torch.Generator()
    images = {
        "dominant colour": torch.cat([background_and_one_colour(b, none) for b in judge.batches]),
        "white page": torch.cat([white_page(b, none) for b in judge.batches]),
    }
    if not cfg.best_of:
        return images
    return {f"best of {cfg.best_of}": best_of(judge, start, cfg.best_of, cfg.seed)} | images


def best_of(judge: Judge, generator: FlatColorPipeline, n: int, seed: int) -> Tensor:
    """(M, 3, H, W): of ``n`` samples of each sketch the one that the reward likes best.

    The first is ``colour``'s of the same seed; the others no other seed draws.
    """
    best = colour(judge, generator, seed)
    top = judge.measure(best, metrics=False)["eval/reward"]
    for i in tqdm(range(1, n), desc=f"best of {n}", unit="sample", leave=False):
        images = colour(judge, generator, seed_of(seed, 9, i))
        reward = judge.measure(images, metrics=False)["eval/reward"]
        better = (reward > top).to(images.device)
        best = torch.where(better[:, None, None, None], images, best)
        top = torch.maximum(top, reward)
    return best


def figures(columns: Mapping[str, Columns]) -> dict[str, object]:
    """The generator's means by metric, the others' under their names, gains over the start."""
    values: dict[str, object] = dict(means(columns[GENERATOR]))
    values |= {name: means(c) for name, c in columns.items() if name != GENERATOR}
    if START in columns:
        values |= compared(columns[START], columns[GENERATOR])
    return values


def write_tables(folder: Path, judge: Judge, columns: Mapping[str, Columns]) -> None:
    """table.md, on the terminal too, and sketches.csv."""
    shown = contest.table({name: means(values) for name, values in columns.items()})
    print(table.text(*shown))
    write_text(folder / "table.md", table.markdown(*shown))
    ids = [i for batch in judge.batches for i in batch.id]
    write_text(folder / "sketches.csv", contest.per_sketch(ids, columns))


def draw_contact(
    folder: Path, judge: Judge, images: Mapping[str, Tensor], rewards: Mapping[str, Tensor]
) -> None:
    """contact.png of ``images`` (M, 3, H, W) and their ``rewards`` (M,) by contestant.

    With a start, before_after.png of its first rows too.
    """
    strips = contest.strips(judge.batches, images, rewards)
    draw_sheet(strips, folder / "contact.png")
    if START in images:
        draw_sheet(strips[:4], folder / "before_after.png")


if __name__ == "__main__":
    from colorrl.cli import run_verb

    run_verb("evaluate")
