"""Advantages in a group of the truth, a cheat and decent samples: what an update would encourage.

A total may rank a cheat low and a group still encourage it: per-term normalisation undoes a gate,
and a small lead over poor neighbours is blown up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from hydra.utils import instantiate
from torch import Tensor

from colorrl.audit.finding import Finding
from colorrl.audit.scoring import TIE, right_share
from colorrl.audit.subjects import Subjects
from colorrl.bars import inner_bar
from colorrl.config.schema.audit import BarsConfig, GroupsConfig
from colorrl.errors import UserError
from colorrl.metrics import pixel_share
from colorrl.policy.pipeline import FlatColorPipeline, load_generator
from colorrl.report.contest import number
from colorrl.rewards.cheats.given import flats_of
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch

KEY = 3000
SAMPLES = "samples"  # named by a preset that cannot separate a good sample from the truth
Advantage = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Groups:
    """One cheat's groups, one a sketch, M in all: the truth, the cheat, ``kept`` samples."""

    advantage: Tensor  # (M, 2 + kept)
    decent: Tensor  # (M,) bool, all samples have more gold than the cheat
    wrong: Tensor  # (M,) bool, the cheat is not the truth


def audit_groups(subjects: Subjects, bars: BarsConfig, cfg: GroupsConfig) -> Finding:
    """Every cheat in groups of its own. UserError if the generator has another size."""
    pipeline = _generator(subjects, cfg)
    advantage: Advantage = instantiate(cfg.advantage)
    parts: dict[str, list[Groups]] = defaultdict(list)
    for i, sketch in enumerate(inner_bar(subjects.batches, desc="groups")):
        samples, gold = decent_samples(pipeline, sketch, cfg, seed_of(subjects.seed, KEY, i))
        for key, (name, cheat) in enumerate(subjects.cheats.items()):
            draw = torch.Generator().manual_seed(seed_of(subjects.seed, KEY, i, key))
            image = cheat(sketch, draw)
            group = torch.cat([flats_of(sketch)[:, None], image[:, None], samples], 1)
            found = advantages(subjects.reward, advantage, sketch, group)
            decent = gold.amin(1) > pixel_share(image, sketch)
            wrong = right_share(image, sketch).cpu() < bars.right
            parts[name].append(Groups(found, decent, wrong))
    groups = {name: _joined(found) for name, found in parts.items()}
    return _finding(groups, bars, cfg)


def decent_samples(
    pipeline: FlatColorPipeline, sketch: SketchBatch, cfg: GroupsConfig, seed: int
) -> tuple[Tensor, Tensor]:
    """Of ``samples`` of each of S sketches the ``kept`` with most gold, and their gold.

    (S, kept, 3, H, W) and (S, kept).
    """
    many = sketch.repeat(cfg.samples)
    seeds = [seed_of(seed, i) for i in range(len(many))]
    image = pipeline.sample(many, torch.tensor(seeds))
    gold = pixel_share(image, many).view(len(sketch), cfg.samples)
    best = gold.topk(cfg.kept, 1).indices
    image = image.view(len(sketch), cfg.samples, *image.shape[1:])
    rows = torch.arange(len(sketch)).unsqueeze(1)
    return image[rows, best], gold[rows, best]


def advantages(
    reward: TotalReward, advantage: Advantage, sketch: SketchBatch, images: Tensor
) -> Tensor:
    """(S, G) of ``images`` (S, G, 3, H, W), a group for each of S sketches."""
    n, size = images.shape[:2]
    group = torch.arange(n, device=images.device).repeat_interleave(size)
    with torch.no_grad():
        scores = reward.score(images.flatten(0, 1), sketch.repeat(size), group, progress=1.0)
    return advantage(scores.training_reward, group).view(n, size).cpu()


def failures(groups: Mapping[str, Groups], bars: BarsConfig) -> dict[str, str]:
    """Cheats that a group encourages or prefers to the truth, and ``SAMPLES`` where it does so."""
    found = {}
    for name, of_cheat in groups.items():
        cheat, below = cheat_advantage(of_cheat), cheat_below(of_cheat)
        if cheat > 0:
            found[name] = f"has a mean advantage of {cheat:+.2f} among better samples, not below 0"
        elif below < bars.below:
            found[name] = f"is below the truth in {below:.1%} of groups, not {bars.below:.0%}"
    first = truth_first(groups)
    if first < bars.below:
        found[SAMPLES] = f"leave the truth first in {first:.1%} of groups, not {bars.below:.0%}"
    return found


def cheat_advantage(groups: Groups) -> float:
    """Mean advantage of the cheat in groups whose samples are decent; NaN if there is none."""
    return float(groups.advantage[groups.decent, 1].mean())


def cheat_below(groups: Groups) -> float:
    """Share of groups with the cheat below the truth, of those in which it is wrong; may be NaN."""
    truth, cheat = groups.advantage[groups.wrong, :2].unbind(1)
    return float((cheat < truth - TIE).float().mean())


def truth_first(groups: Mapping[str, Groups]) -> float:
    """Share of all groups in which no sample has a higher advantage than the truth."""
    everyone = torch.cat([of_cheat.advantage for of_cheat in groups.values()])
    return float((everyone[:, 2:].amax(1) <= everyone[:, 0] + TIE).float().mean())


def _generator(subjects: Subjects, cfg: GroupsConfig) -> FlatColorPipeline:
    if not 1 <= cfg.kept <= cfg.samples:
        raise UserError(f"groups.kept={cfg.kept}: keep 1 to groups.samples={cfg.samples} of them")
    batch = subjects.batches[0]
    pipeline = load_generator(cfg.generator, batch.line.device)
    if pipeline.size != batch.line.shape[-1]:
        raise UserError(
            f"groups.generator={cfg.generator} makes pictures of {pipeline.size} px, the audit is "
            f"at size={batch.line.shape[-1]}: give size={pipeline.size}, or groups.sketches=0"
        )
    return pipeline


def _joined(parts: Sequence[Groups]) -> Groups:
    advantage, decent, wrong = zip(*((p.advantage, p.decent, p.wrong) for p in parts), strict=True)
    return Groups(torch.cat(advantage), torch.cat(decent), torch.cat(wrong))


def _finding(groups: Mapping[str, Groups], bars: BarsConfig, cfg: GroupsConfig) -> Finding:
    first = truth_first(groups)
    figures = {"groups/truth_first": first}
    for name, found in groups.items():
        figures[f"{name}/advantage"] = cheat_advantage(found)
        figures[f"{name}/advantage_below_truth"] = cheat_below(found)
    return Finding(
        name="groups",
        title="Advantages within a group",
        note=(
            f"A group: the truth, the cheat, and of {cfg.samples} samples of '{cfg.generator}' "
            f"the {cfg.kept} with most gold. Mean advantages; the cheat's over the groups whose "
            "samples all have more gold than it, and asked to be 0 or less there. below truth: "
            f"share of groups with the cheat below the truth, asked for: {bars.below:.0%} of those "
            f"in which it is wrong. No sample beats the truth in {first:.1%} of the groups, asked "
            f"for: {bars.below:.0%}."
        ),
        head=["", "truth", "cheat", "samples", "groups", "below truth"],
        body=[_row(name, found) for name, found in groups.items()],
        figures=figures,
        failures=failures(groups, bars),
    )


def _row(name: str, groups: Groups) -> list[str]:
    truth, samples = groups.advantage[:, 0], groups.advantage[:, 2:]
    means = [float(truth.mean()), cheat_advantage(groups), float(samples.mean())]
    decent = str(int(groups.decent.sum()))
    return [name, *(number(x, "+.2f") for x in means), decent, number(cheat_below(groups), ".1%")]
