"""`colorrl reward_model`: fit a reward model to rankings, and say how far it can be trusted."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from hydra.utils import instantiate
from torch import Tensor

from colorrl.config.schema.preferences import RewardModelConfig
from colorrl.device import pick_device
from colorrl.errors import UserError
from colorrl.metrics import bootstrap_ci
from colorrl.policy.pipeline import load_generator
from colorrl.preferences.calibration import Bin, reliability
from colorrl.preferences.fit import PARTS, Fitted, figures, fit, margins, part_of, read, right
from colorrl.preferences.network import init_from
from colorrl.preferences.pictures import Pictures, one_size, read_pictures
from colorrl.preferences.rankings import read_rankings
from colorrl.report import table
from colorrl.run.result import write_result, write_text
from colorrl.seeding import seed_of

Parts = Mapping[str, Sequence[Pictures]]


def main(cfg: RewardModelConfig) -> None:
    """Fit, measure on sketches that were held out, write the folder that rewards read."""
    if cfg.output.exists() and not cfg.overwrite:
        raise UserError(f"{cfg.output} exists: give another output=, or overwrite=true")
    _check_output(cfg)
    generator = load_generator(cfg.start, pick_device(cfg.device)).network
    parts = load(cfg)
    size = one_size([p for group in parts.values() for p in group])
    if size != generator.config.size:
        raise UserError(
            f"start={cfg.start} draws {generator.config.size} px, the rankings show {size} px: "
            "give the generator that their colourings are from"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(cfg.seed, 0))
        model = init_from(generator, cfg.hidden).to(pick_device(cfg.device))
    readings = {part: read(model, questions, part) for part, questions in parts.items()}
    fitted = fit(model, readings["train"], readings["val"], instantiate(cfg.ranking_loss), cfg)
    values = measured(fitted, readings)
    bins = reliability(margins(fitted.model, readings["test"]))
    write(cfg, fitted, values, bins)
    head = ["figure", *PARTS]
    body = [
        [name, *(f"{values[f'{part}/{name}']:.3f}" for part in PARTS)]
        for name in ("questions", "pairs", "accuracy", "log_loss", "ece")
    ]
    print(table.text(head, body))
    print(f"reward model: {cfg.output}   next: colorrl train reward=learned "
          f"reward.terms.learned.path={cfg.output}")  # fmt: skip


def load(cfg: RewardModelConfig) -> Parts:
    """The ranked questions of all folders, by part. Raises UserError where a part has none."""
    if not 0 < cfg.held_out < 0.5:
        raise UserError(f"held_out={cfg.held_out}: a share of the sketches between 0 and 0.5")
    parts: dict[str, list[Pictures]] = {part: [] for part in PARTS}
    for folder in cfg.input:
        for question in read_rankings(folder):
            if question.ranked:
                part = part_of(question.sketch, cfg.held_out)
                parts[part].append(read_pictures(folder, question))
    for part, questions in parts.items():
        if not questions:
            n = sum(map(len, parts.values()))
            raise UserError(
                f"of {n} ranked questions none falls to {part}: rank more with colorrl prefer"
            )
    return parts


def measured(fitted: Fitted, parts: Mapping[str, Sequence[Tensor]]) -> dict[str, object]:
    """Figures of each part, and the interval of test/accuracy over questions, whose pairs share
    colourings and so are not independent."""
    values: dict[str, object] = {"fit/epoch": fitted.epoch}
    for part, readings in parts.items():
        values |= figures(fitted.model, readings, part)
    each = [right(margins(fitted.model, [r])).mean() for r in parts["test"]]
    values["test/accuracy_ci95"] = list(bootstrap_ci(torch.stack(each)))
    return values


def write(
    cfg: RewardModelConfig, fitted: Fitted, values: Mapping[str, object], bins: Sequence[Bin]
) -> None:
    """The folder, complete or not there: a draft beside it is renamed."""
    draft = cfg.output.with_name(f".{cfg.output.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    fitted.model.save_pretrained(draft)
    rows = [f"{b.confidence:.4f},{b.accuracy:.4f},{b.n}\n" for b in bins]
    write_text(draft / "reliability.csv", "".join(["confidence,accuracy,pairs\n", *rows]))
    losses = [f"{i},{a:.5f},{b:.5f}\n" for i, (a, b) in enumerate(fitted.losses, 1)]
    write_text(draft / "epochs.csv", "".join(["epoch,train,val\n", *losses]))
    write_result(draft / "result.json", values, cfg, device=str(fitted.model.head.offset.device))
    _replace(draft, cfg.output)


def _check_output(cfg: RewardModelConfig) -> None:
    """Raise UserError if ``output`` is a folder of anything but an earlier reward model."""
    if cfg.output.exists() and not (cfg.output / "config.json").is_file():
        raise UserError(f"{cfg.output} holds no reward model: choose another output")


def _replace(draft: Path, final: Path) -> None:
    if final.exists():
        shutil.rmtree(final)
    draft.rename(final)
