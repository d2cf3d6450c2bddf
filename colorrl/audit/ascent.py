"""Reward search by optimisation: pictures that climb the reward's own gradient.

Adam on the pixels, from noise, a white page, the line art and a spoilt truth; tolerances are soft
at first and final from ``SOFT`` of the way on. Two things do not steer, but count in the totals:
leakage, which counts pixels and has no gradient, and LPIPS, whose gradient drowns that of gates
which are still shut. Whatever ends close to the truth's total must be the truth, says gold, which
shares no formula with a reward.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from colorrl.audit.finding import Finding
from colorrl.audit.scoring import SHOWN
from colorrl.audit.subjects import Subjects
from colorrl.bars import inner_bar
from colorrl.config.schema.audit import AscentConfig, BarsConfig
from colorrl.metrics import pixel_share
from colorrl.report.sheet import Strip
from colorrl.rewards.cheats.given import flats_of
from colorrl.rewards.reading import paint
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch

KEY = 4000
SOFT = 0.6  # share of the way on which tolerances still tighten
SPECK = 0.02  # noise on even starts: without it all pixels of a region would move as one
ASTRAY = 0.15  # standard deviation of what is added to each region's true colour

Start = Callable[[SketchBatch, torch.Generator], Tensor]


@dataclass(frozen=True, slots=True)
class Climb:
    """Where the pictures that set out from one start have ended, M of them."""

    image: Tensor  # (M, 3, H, W)
    line: Tensor  # (M, 1, H, W)
    total: Tensor  # (M,) the full reward
    truth: Tensor  # (M,) the truth's
    gold: Tensor  # (M,) share of the truth's own gold


def from_noise(sketch: SketchBatch, draw: torch.Generator) -> Tensor:
    return torch.rand(flats_of(sketch).shape, generator=draw)


def from_white(sketch: SketchBatch, draw: torch.Generator) -> Tensor:
    return 1 - SPECK * from_noise(sketch, draw)


def from_line(sketch: SketchBatch, draw: torch.Generator) -> Tensor:
    return (1 - SPECK) * sketch.line.cpu() + SPECK * from_noise(sketch, draw)


def from_spoilt(sketch: SketchBatch, draw: torch.Generator) -> Tensor:
    """The truth, every region's colour astray and every pixel beside it: near enough to arrive."""
    moved = ASTRAY * torch.randn(*sketch.regions.area.shape, 3, generator=draw)
    wrong = flats_of(sketch).cpu() + paint(moved, sketch.regions.region_index.cpu())
    return (wrong + ASTRAY / 2 * torch.randn(wrong.shape, generator=draw)).clamp(0, 1)


STARTS: dict[str, Start] = {
    "noise": from_noise,
    "white": from_white,
    "line": from_line,
    "spoilt": from_spoilt,
}


def audit_ascent(
    subjects: Subjects, guide: TotalReward, bars: BarsConfig, cfg: AscentConfig
) -> Finding:
    """Climb from every start, ``restarts`` times each. ``guide``: the reward less its LPIPS."""
    climbs = {}
    for i, (name, start) in enumerate(STARTS.items()):
        for again in range(cfg.restarts):
            found = []
            for j, sketch in enumerate(subjects.batches):
                draw = torch.Generator().manual_seed(seed_of(subjects.seed, KEY, i, again, j))
                found.append(climb(subjects.reward, guide, sketch, start(sketch, draw), cfg))
            climbs[f"{name} {again}" if cfg.restarts > 1 else name] = _joined(found)
    return _finding(climbs, bars, cfg)


def climb(
    reward: TotalReward, guide: TotalReward, sketch: SketchBatch, start: Tensor, cfg: AscentConfig
) -> Climb:
    """``cfg.steps`` of Adam up ``guide`` from ``start`` (N, 3, H, W), judged by ``reward``."""
    image = start.to(sketch.line.device).requires_grad_()
    # Gradients of a product of shut gates are tiny, but their direction is all that Adam needs.
    adam = torch.optim.Adam([image], lr=cfg.lr, eps=1e-15)
    fade = torch.optim.lr_scheduler.CosineAnnealingLR(adam, cfg.steps)
    for step in inner_bar(range(cfg.steps), desc="climb"):
        progress = min(1.0, step / cfg.steps / SOFT)
        total = guide.score(image, sketch, _alone(sketch), progress).total
        if not total.requires_grad:  # pass or fail: there is nothing to climb
            break
        adam.zero_grad()
        (-total.sum()).backward()
        assert image.grad is not None
        image.grad.nan_to_num_(0.0, 0.0, 0.0)  # roots of terms at exactly 0
        adam.step()
        fade.step()
        with torch.no_grad():
            image.clamp_(0, 1)
    return _judged(reward, sketch, image.detach())


def _judged(reward: TotalReward, sketch: SketchBatch, image: Tensor) -> Climb:
    truth = flats_of(sketch)
    with torch.no_grad():
        found, best = (
            reward.score(picture, sketch, _alone(sketch), progress=1.0).total.cpu()
            for picture in (image, truth)
        )
    gold = pixel_share(image, sketch) / pixel_share(truth, sketch).clamp(min=1e-6)
    return Climb(image.cpu(), sketch.line.cpu(), found, best, gold)


def _alone(sketch: SketchBatch) -> Tensor:
    return torch.arange(len(sketch), device=sketch.line.device)


def holes(climb: Climb, bars: BarsConfig) -> Tensor:
    """(M,) bool: close to the truth's total, and not the truth."""
    return near(climb, bars) & (climb.gold < bars.gold)


def near(climb: Climb, bars: BarsConfig) -> Tensor:
    """(M,) bool: close to the truth's total."""
    return climb.total >= climb.truth - bars.near


def _joined(parts: list[Climb]) -> Climb:
    fields = ("image", "line", "total", "truth", "gold")
    return Climb(*(torch.cat([getattr(part, field) for part in parts]) for field in fields))


def _finding(climbs: Mapping[str, Climb], bars: BarsConfig, cfg: AscentConfig) -> Finding:
    found = {name: int(holes(climb, bars).sum()) for name, climb in climbs.items()}
    return Finding(
        name="ascent",
        title="Reward search by optimisation",
        note=(
            f"{cfg.steps} steps of Adam on the pixels from each start; totals of where it ends. "
            "gold: pixels within CIEDE2000 5 of the rendered fill, as a share of the truth's "
            f"own. near: totals within {bars.near:g} of the truth's; holes: those of them with "
            f"gold below {bars.gold:g}, asked for: none."
        ),
        head=["from", "pictures", "total", "truth", "gold", "near", "least gold of near", "holes"],
        body=[_row(name, climb, bars) for name, climb in climbs.items()],
        figures={
            f"ascent_{name}/{key}": value
            for name, climb in climbs.items()
            for key, value in (
                ("total", float(climb.total.mean())),
                ("gold", float(climb.gold.mean())),
                ("near", int(near(climb, bars).sum())),
                ("holes", found[name]),
            )
        },
        failures={
            f"ascent_{name}": f"ends {n} times within {bars.near:g} of the truth with gold below "
            f"{bars.gold:g}"
            for name, n in found.items()
            if n
        },
        strips=[_strip(name, climb) for name, climb in climbs.items()],
    )


def _row(name: str, climb: Climb, bars: BarsConfig) -> list[str]:
    close = near(climb, bars)
    return [
        name,
        str(len(climb.total)),
        *(f"{float(x.mean()):.3f}" for x in (climb.total, climb.truth, climb.gold)),
        str(int(close.sum())),
        f"{climb.gold[close].min():.3f}" if close.any() else "–",
        str(int(holes(climb, bars).sum())),
    ]


def _strip(name: str, climb: Climb) -> Strip:
    """Worst first: the highest total for the least gold."""
    worst = (climb.total - climb.gold).argsort(descending=True)[:SHOWN]
    captions = [f"{climb.total[i]:.2f}, gold {climb.gold[i]:.2f}" for i in worst.tolist()]
    return Strip(f"from {name}", (climb.image * climb.line)[worst], captions)
