"""What an evaluation is held with: the generator, its start, held-out sketches, the train split."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hydra.utils import instantiate

from colorrl.config.schema.evaluation import EvaluateConfig
from colorrl.data.load import load_sketches
from colorrl.device import pick_device
from colorrl.errors import UserError
from colorrl.evaluation.baselines.nearest import NearestRegions, fit
from colorrl.evaluation.judge import Judge, make_judge
from colorrl.policy.pipeline import FlatColorPipeline, load_generator, load_policy
from colorrl.types import Sketch


@dataclass(frozen=True, slots=True)
class Setting:
    generator: FlatColorPipeline
    start: FlatColorPipeline | None
    judge: Judge  # of the split's sketches at the generator's size
    train: list[Sketch]  # empty where nobody learns from it
    nearest: NearestRegions | None  # learned from it


def load(cfg: EvaluateConfig) -> Setting:
    """All that ``cfg`` names. UserError for what is missing, does not fit or cannot be."""
    check(cfg)
    device = pick_device(cfg.device)
    generator = load_policy(cfg.policy, device)
    start = None if cfg.start is None else load_generator(cfg.start, device)
    if start is not None and start.size != generator.size:
        raise UserError(
            f"start={cfg.start} makes images of {start.size} px, {cfg.policy.path} of "
            f"{generator.size} px: they can only be compared at one size"
        )
    whole = replace(cfg.data, palette_condition="shares")  # the judge sees all
    sketches = load_sketches(whole, cfg.split, generator.size, cfg.limit)
    if sketches[0].flats is None:
        raise UserError(
            f"data={cfg.data.name} is line art without colours: nothing can be measured against "
            "it; prepare it with data.reader.colours=FOLDER"
        )
    judge = make_judge(sketches, instantiate(cfg.reward), device, cfg.n_palette)
    learned = "nearest_regions" in cfg.baselines or "none" in cfg.palette_conditions
    train = load_sketches(whole, "train", generator.size) if learned else []
    nearest = fit(train) if "nearest_regions" in cfg.baselines else None
    return Setting(generator, start, judge, train, nearest)


def check(cfg: EvaluateConfig) -> None:
    """UserError for numbers that mean nothing."""
    if cfg.samples < 1:
        raise UserError(f"samples={cfg.samples}: give 1 or more samples a sketch")
    if cfg.best_of < 0:
        raise UserError(f"best_of={cfg.best_of}: give 1 or more samples, or 0 for no such baseline")
    if cfg.votes < 0 or cfg.votes == 1:
        raise UserError(f"votes={cfg.votes}: give 2 or more samples, or 0 for no vote")
    if cfg.keep_shares < 0:
        raise UserError(f"keep_shares={cfg.keep_shares}: give 0 or more")
    if wrong := [n for n in cfg.steps if n < 1]:
        raise UserError(f"steps={wrong}: give 1 or more denoising steps")
    if not cfg.palette_conditions:
        raise UserError("palette_conditions=[]: name at least one of shares, colors, none")
