"""Cheats found by search: edits of the truth, their knobs turned towards what a reward lets pass.

For each drawing and each edit: random knobs on the first half of the way, then Gaussian steps from
the best so far (an evolution strategy of one parent and one child). CMA-ES would need hundreds of
pictures to learn a covariance; here a drawing and an edit get some tens. Each drawing is searched
by itself, as a mean over drawings would hide the one that a reward is blind on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from colorrl.audit.finding import Finding
from colorrl.audit.scoring import SHOWN, right_share
from colorrl.audit.subjects import Subjects
from colorrl.bars import inner_bar
from colorrl.config.schema.audit import BarsConfig, SearchConfig
from colorrl.metrics import pixel_share
from colorrl.report.sheet import Strip
from colorrl.rewards.cheats.edits import KNOBS, Edit
from colorrl.rewards.cheats.given import flats_of
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch

KEY = 6000
PAIRS = "pairs"  # two edits one after the other, of those that the reward is not blind to
BLOCK = 12  # rounds on one pair of edits
STEPS = (0.3, 0.03)  # standard deviation of a step in knobs, at first and at last
PULL = 10.0  # total that a picture is worth less per share that is right above the bar


@dataclass(frozen=True, slots=True)
class Cheapest:
    """Of each of M drawings the picture that pays best for being wrong."""

    image: Tensor  # (M, 3, H, W)
    line: Tensor  # (M, 1, H, W)
    lost: Tensor  # (M,) how far its total is below the truth's
    right: Tensor  # (M,) as ``right_of``
    worth: Tensor  # (M,) what the search climbs
    holes: Tensor  # (M,) pictures that came near the truth's total and were not the truth


def audit_search(subjects: Subjects, bars: BarsConfig, cfg: SearchConfig) -> Finding:
    """At least ``evaluations`` pictures, shared out among edits and drawings."""
    names = [*subjects.edits, PAIRS]
    rounds = -(-cfg.evaluations // (len(subjects) * len(names)))
    found = {}
    for i, name in enumerate(inner_bar(names, desc="search")):
        parts = []
        for j, sketch in enumerate(subjects.batches):
            draw = torch.Generator().manual_seed(seed_of(subjects.seed, KEY, i, j))
            parts.append(_of_edit(subjects, sketch, name, bars, rounds, draw))
        found[name] = Cheapest(*(torch.cat(p) for p in zip(*map(_fields, parts), strict=True)))
    return _finding(found, bars, rounds * len(subjects) * len(names))


def search(
    subjects: Subjects,
    sketch: SketchBatch,
    edits: Sequence[Edit],
    bars: BarsConfig,
    rounds: int,
    draw: torch.Generator,
) -> Cheapest:
    """``rounds`` pictures of each drawing, made from the truth by ``edits`` one after the other."""
    truth = flats_of(sketch)
    best_total, best_gold = _total(subjects, sketch, truth), pixel_share(truth, sketch)
    shape = (len(sketch), len(edits), KNOBS)
    best, knobs = None, torch.zeros(shape)
    for k in range(rounds):
        tried = torch.rand(shape, generator=draw)
        if best is not None and 2 * k >= rounds:
            size = STEPS[0] * (STEPS[1] / STEPS[0]) ** (2 * k / rounds - 1)
            tried = (knobs + size * torch.randn(shape, generator=draw)).clamp(0, 1)
        image = truth
        for n, edit in enumerate(edits):
            luck = torch.rand(len(sketch), *truth.shape[2:], generator=draw)
            image = edit(sketch, image, tried[:, n].to(truth.device), luck.to(truth.device))
        lost = best_total - _total(subjects, sketch, image)
        right = right_of(image, sketch, best_gold)
        worth = -lost - PULL * (right - bars.gold).clamp(min=0)
        holes = ((lost <= bars.search_near) & (right < bars.gold)).float()
        made = Cheapest(image.cpu(), sketch.line.cpu(), lost, right, worth, holes)
        better = worth > (best.worth if best else -torch.inf)
        knobs = torch.where(better[:, None, None], tried, knobs)
        best = best_of(best, made) if best else made
    assert best is not None
    return best


def best_of(one: Cheapest, other: Cheapest) -> Cheapest:
    """For each drawing the better of two pictures; holes add up."""
    better = other.worth > one.worth
    pairs = zip(_fields(one)[:-1], _fields(other)[:-1], strict=True)
    kept = [torch.where(better.view(-1, *[1] * (a.ndim - 1)), b, a) for a, b in pairs]
    return Cheapest(*[*kept, one.holes + other.holes])


def right_of(image: Tensor, sketch: SketchBatch, truth: Tensor) -> Tensor:
    """(N,) the least of three shares: gold over the ``truth``'s (N,), of open and of ink pixels.

    Gold reads neither paper nor what is under ink, ``right_share`` does.
    """
    gold = pixel_share(image, sketch) / truth.clamp(min=1e-6)
    return right_share(image, sketch).cpu().minimum(gold)


def _of_edit(
    subjects: Subjects,
    sketch: SketchBatch,
    name: str,
    bars: BarsConfig,
    rounds: int,
    draw: torch.Generator,
) -> Cheapest:
    if name != PAIRS:
        return search(subjects, sketch, [subjects.edits[name]], bars, rounds, draw)
    visible = [edit for n, edit in subjects.edits.items() if f"search_{n}" not in bars.cannot_tell]
    best = None
    for first in range(0, rounds, BLOCK):
        pick = torch.randint(len(visible), (2,), generator=draw).tolist()
        some = min(BLOCK, rounds - first)
        made = search(subjects, sketch, [visible[i] for i in pick], bars, some, draw)
        best = best_of(best, made) if best else made
    assert best is not None
    return best


def _total(subjects: Subjects, sketch: SketchBatch, image: Tensor) -> Tensor:
    with torch.no_grad():
        alone = torch.arange(len(sketch), device=image.device)
        return subjects.reward.score(image, sketch, alone, progress=1.0).total.cpu()


def _fields(one: Cheapest) -> list[Tensor]:
    return [one.image, one.line, one.lost, one.right, one.worth, one.holes]


def _finding(found: Mapping[str, Cheapest], bars: BarsConfig, pictures: int) -> Finding:
    holes = {name: int(one.holes.sum()) for name, one in found.items()}
    return Finding(
        name="search",
        title="Cheats found by search",
        note=(
            f"{pictures} pictures, edits of the truth. hole: a picture within {bars.search_near:g} "
            f"of the truth's total with less than {bars.gold:.0%} of the truth's gold, of the "
            "open pixels or of those under ink right; asked for: none. Of the picture that pays "
            "best for being wrong on each drawing: least and median loss of total, median "
            "share that is right."
        ),
        head=["edit", "holes", "drawings with a hole", "least loss", "median loss", "median right"],
        body=[_row(name, one) for name, one in found.items()],
        figures={f"search_{name}/holes": n for name, n in holes.items()}
        | {f"search_{name}/least_loss": float(one.lost.min()) for name, one in found.items()},
        failures={
            f"search_{name}": f"comes {n} times within {bars.search_near:g} of the truth with less "
            f"than {bars.gold:g} of it right"
            for name, n in holes.items()
            if n
        },
        strips=[_strip(name, one) for name, one in found.items()],
    )


def _row(name: str, one: Cheapest) -> list[str]:
    return [
        name,
        str(int(one.holes.sum())),
        str(int((one.holes > 0).sum())),
        f"{one.lost.min():.3f}",
        f"{one.lost.median():.3f}",
        f"{one.right.median():.3f}",
    ]


def _strip(name: str, one: Cheapest) -> Strip:
    """The pictures that pay best."""
    first = one.worth.argsort(descending=True)[:SHOWN]
    captions = [f"-{one.lost[i]:.2f}, right {one.right[i]:.2f}" for i in first.tolist()]
    return Strip(name, one.image[first] * one.line[first], captions)
