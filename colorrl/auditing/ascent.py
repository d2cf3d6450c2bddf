"""Reward search by optimisation: pictures that climb the reward's own gradient.

Adam on the pixels, at the final tolerances, from noise, a white page and the line art: the
strongest finder of cheats there is. Terms without a gradient (leakage counts pixels) do not steer,
but count in the totals that are reported. Whatever ends close to the truth's total must be the
truth, says gold, which no reward shares a formula with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import trange

from colorrl.auditing.finding import Finding
from colorrl.auditing.scoring import SHOWN
from colorrl.auditing.subjects import Subjects
from colorrl.config import AscentConfig, BarsConfig
from colorrl.metrics import pixel_share
from colorrl.report.sheet import Strip
from colorrl.rewards.cheats.given import flats_of
from colorrl.rewards.reading import paint
from colorrl.rewards.total import GatedTotal
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch

KEY = 4000
SPECK = 0.02  # noise on even starts: without it all pixels of a region would move as one

Start = Callable[[SketchBatch, torch.Generator], Tensor]


@dataclass(frozen=True, slots=True)
class Climb:
    """The best pictures on the way up from one start, M of them."""

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


STARTS: dict[str, Start] = {"noise": from_noise, "white": from_white, "line": from_line}


def audit_ascent(subjects: Subjects, bars: BarsConfig, cfg: AscentConfig) -> Finding:
    """Climb from every start, ``restarts`` times each."""
    climbs = {}
    for i, (name, start) in enumerate(STARTS.items()):
        for again in range(cfg.restarts):
            found = []
            for j, sketch in enumerate(subjects.batches):
                draw = torch.Generator().manual_seed(seed_of(subjects.seed, KEY, i, again, j))
                found.append(climb(subjects.reward, sketch, start(sketch, draw), cfg))
            climbs[f"{name} {again}" if cfg.restarts > 1 else name] = _joined(found)
    return _finding(climbs, bars, cfg)


def climb(reward: GatedTotal, sketch: SketchBatch, start: Tensor, cfg: AscentConfig) -> Climb:
    """``cfg.steps`` of Adam from ``start`` (N, 3, H, W); the best total of each on the way."""
    pixels = start.to(sketch.line.device).requires_grad_()
    # A move that all pixels of a region share: alone, each would have to leave its fellows first.
    shared = torch.zeros(*sketch.regions.area.shape, 3, device=pixels.device).requires_grad_()
    # Gradients of a product of shut gates are tiny, but their direction is all that Adam needs.
    adam = torch.optim.Adam([pixels, shared], lr=cfg.lr, eps=1e-15)
    fade = torch.optim.lr_scheduler.CosineAnnealingLR(adam, cfg.steps)
    best, top = start.clone(), torch.full((len(sketch),), -torch.inf)
    for _ in trange(cfg.steps + 1, desc="climb", leave=False):
        image = (pixels + paint(shared, sketch.regions.owner)).clamp(0, 1)
        total = _total(reward, image, sketch)
        higher = total.detach().cpu() > top
        top = torch.where(higher, total.detach().cpu(), top)
        best[higher] = image.detach().cpu()[higher]
        if total.requires_grad:
            _step(adam, total)
        fade.step()
    with torch.no_grad():
        truth = _total(reward, flats_of(sketch), sketch).cpu()
    gold = pixel_share(best, sketch) / pixel_share(flats_of(sketch), sketch).clamp(min=1e-6)
    return Climb(best, sketch.line.cpu(), top, truth, gold)


def _total(reward: GatedTotal, image: Tensor, sketch: SketchBatch) -> Tensor:
    alone = torch.arange(len(sketch), device=image.device)
    return reward.score(image, sketch, alone, progress=1.0).total


def _step(adam: torch.optim.Adam, total: Tensor) -> None:
    adam.zero_grad()
    (-total.sum()).backward()
    for group in adam.param_groups:
        for moved in group["params"]:
            moved.grad.nan_to_num_(0.0, 0.0, 0.0)  # roots of terms at exactly 0
    adam.step()


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
            f"{cfg.steps} steps of Adam (lr {cfg.lr:g}) on the pixels from each start, at the "
            "final tolerances; the best total on the way. gold: share of the truth's own pixels "
            f"within CIEDE2000 5 of the rendered fill. near: totals within {bars.near:g} of the "
            f"truth's; holes: those of them with gold below {bars.gold:g}, asked for: none."
        ),
        head=["from", "pictures", "total", "truth", "gold", "near", "gold of near", "holes"],
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
        f"{climb.gold[close].min():.3f}+" if close.any() else "–",
        str(int(holes(climb, bars).sum())),
    ]


def _strip(name: str, climb: Climb) -> Strip:
    """Worst first: the highest total for the least gold."""
    worst = (climb.total - climb.gold).argsort(descending=True)[:SHOWN]
    captions = [f"{climb.total[i]:.2f}, gold {climb.gold[i]:.2f}" for i in worst.tolist()]
    return Strip(f"from {name}", (climb.image * climb.line)[worst], captions)
