"""`colorrl evaluate`: a generator on held-out sketches, and what it must be better than.

Baselines: a white page, the drawing's dominant colour on its true background, the start
(``start=``), and the best of n samples of the start, chosen by the reward: what sampling alone
can buy. That last one costs n times the samples and, as the reward is paired, needs the truth at
test time.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from hydra.utils import instantiate
from torch import Tensor
from torchvision.utils import save_image
from tqdm import tqdm

from colorrl.config import EvaluateConfig
from colorrl.data.pairs import load_split
from colorrl.device import pick_device
from colorrl.judge import Judge, make_judge, means, paired_gains
from colorrl.panel import rows_of
from colorrl.policy.pipeline import FlatColorPipeline, load_generator
from colorrl.rewards.cheats import background_and_one_colour, white_page
from colorrl.track.result import write_result, write_text
from colorrl.types import SketchBatch

Columns = dict[str, Tensor]
SHOWN = ("eval/reward", "eval/region_accuracy", "gold/pixel_share", "eval/de00_mean",
         "eval/de00_p95", "eval/leak", "eval/palette_precision", "eval/palette_recall",
         "eval/grouping_ari", "eval/lpips_alex", "gold/lpips_vgg")  # fmt: skip
GENERATOR, START = "generator", "start"


def main(cfg: EvaluateConfig) -> None:
    """Colour the split with every contestant, measure, write table, CSV, contact sheet."""
    device = pick_device(cfg.device)
    generator = load_generator(cfg.policy.path, device)
    start = load_generator(cfg.start, device) if cfg.start is not None else None
    judge = load_judge(cfg, generator.size, device)
    began = time.monotonic()
    images = {GENERATOR: colour(judge, generator, cfg.seed)}
    seconds = (time.monotonic() - began) / len(images[GENERATOR])
    images |= baselines(judge, start or generator, cfg)
    if start is not None:
        images[START] = colour(judge, start, cfg.seed)
    columns = {
        name: judge.measure(pictures)
        for name, pictures in tqdm(images.items(), desc="measure", unit="contestant")
    }
    write_reports(cfg.output, judge, images, columns)
    write_result(
        cfg.output / "result.json",
        figures(columns) | {"time/image_s": seconds, "split": cfg.split},
        cfg,
        device=str(device),
    )
    print(f"{markdown(columns)}\n{len(images[GENERATOR])} sketches; reports in {cfg.output}")


def load_judge(cfg: EvaluateConfig, size: int, device: torch.device) -> Judge:
    """The judge of ``cfg.split`` at ``size`` px."""
    sketches = load_split(cfg.data.root / cfg.data.name, cfg.split, size, cfg.limit)
    return make_judge(sketches, instantiate(cfg.reward), device, cfg.n_palette)


def colour(judge: Judge, generator: FlatColorPipeline, seed: int) -> Tensor:
    """(M, 3, H, W): one sample of each sketch."""
    return judge.colour(generator.network, generator.grid, generator.config.rho, seed)


def baselines(judge: Judge, start: FlatColorPipeline, cfg: EvaluateConfig) -> dict[str, Tensor]:
    """Colourings (M, 3, H, W) that a generator must beat, by name."""
    none = torch.Generator()
    images = {
        "white page": torch.cat([white_page(b, none) for b in judge.batches]),
        "dominant colour": torch.cat([background_and_one_colour(b, none) for b in judge.batches]),
    }
    if cfg.best_of:
        images[f"best of {cfg.best_of}"] = best_of(judge, start, cfg.best_of, cfg.seed)
    return images


def best_of(judge: Judge, generator: FlatColorPipeline, n: int, seed: int) -> Tensor:
    """(M, 3, H, W): of ``n`` samples of each sketch the one that the reward likes best."""
    best, top = colour(judge, generator, seed), None
    for i in tqdm(range(n), desc=f"best of {n}", leave=False):
        images = best if i == 0 else colour(judge, generator, seed + i)
        reward = judge.measure(images, metrics=False)["eval/reward"]
        if top is None:
            top = reward
            continue
        better = (reward > top).to(images.device)
        best = torch.where(better[:, None, None, None], images, best)
        top = torch.maximum(top, reward)
    return best


def figures(columns: Mapping[str, Columns]) -> dict[str, object]:
    """The generator's means by metric, the others' under their names, gains over the start."""
    values: dict[str, object] = dict(means(columns[GENERATOR]))
    values |= {name: means(c) for name, c in columns.items() if name != GENERATOR}
    if START in columns:
        gains = paired_gains(columns[START], columns[GENERATOR])
        values |= {f"{n}_gain": g[0] for n, g in gains.items()}
        values |= {f"{n}_gain_ci95": list(g[1:]) for n, g in gains.items()}
    return values


def markdown(columns: Mapping[str, Columns]) -> str:
    """A Markdown table: contestants down, metrics across."""
    shown = [name for name in SHOWN if name in columns[GENERATOR]]
    lines = [["", *(name.split("/", 1)[1] for name in shown)]]
    lines.append(["---", *["--:"] * len(shown)])
    for name, values in columns.items():
        mean = means(values)
        lines.append([name, *(f"{mean[metric]:.3f}" for metric in shown)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_reports(
    folder: Path, judge: Judge, images: Mapping[str, Tensor], columns: Mapping[str, Columns]
) -> None:
    """table.md, sketches.csv (a row per sketch and contestant) and contact.png in ``folder``."""
    write_text(folder / "table.md", markdown(columns))
    ids = [i for batch in judge.batches for i in batch.id]
    text = io.StringIO()
    metrics = list(columns[GENERATOR])
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["sketch", "contestant", *metrics])
    for row, sketch in enumerate(ids):
        for name, values in columns.items():
            writer.writerow([sketch, name, *(f"{float(values[m][row]):.5f}" for m in metrics)])
    write_text(folder / "sketches.csv", text.getvalue())
    save_image(contact_sheet(judge.batches[0], images), folder / "contact.png")


def contact_sheet(sketch: SketchBatch, images: Mapping[str, Tensor]) -> Tensor:
    """(3, H', W'): line art, truth, then a row per contestant, in the order of ``images``."""
    return rows_of(sketch, [pictures[: len(sketch)] for pictures in images.values()])


if __name__ == "__main__":
    from colorrl.cli import run_verb

    run_verb("evaluate")
