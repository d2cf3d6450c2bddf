"""Does a reward prefer the truth to every known cheat? Scores them all at the final tolerances."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from hydra.utils import instantiate
from torch import Tensor
from tqdm import tqdm

from colorrl.config import AuditConfig, UserError
from colorrl.data.batch import collate
from colorrl.data.load import load_sketches
from colorrl.device import pick_device
from colorrl.report.sheet import Strip, draw_sheet
from colorrl.report.table import markdown
from colorrl.rewards.cheats import CHEATS, Cheat, flats_of, shaded
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.track.result import write_result, write_text
from colorrl.types import Sketch, SketchBatch

TRUTH, RENDERED = "truth", "shaded (no cheat)"
BATCH = 32  # sketches scored together
SHOWN = 8  # sketches on the contact sheet
TIE = 1e-3  # totals closer than this are equal: fp32 sums of thousands of pixels


@dataclass(frozen=True, slots=True)
class Row:
    """One cheat over M sketches, at the final tolerances."""

    name: str
    term: dict[str, float]  # mean value of each term
    total: Tensor  # (M,)
    margin: float  # mean of the truth's total less the cheat's
    below: float  # share of sketches on which the truth scores strictly higher
    image: Tensor  # (SHOWN, 3, H, W), for people to look at


def main(cfg: AuditConfig) -> None:
    """`colorrl audit`: table, contact sheet and result.json. Exit code 1 if a margin fails."""
    reward: TotalReward = instantiate(cfg.reward)
    sketches = load_sketches(cfg.data, cfg.split, cfg.size, cfg.limit)
    rows = audit(reward, sketches, cfg.seed, pick_device(cfg.device))
    write_text(cfg.output / "audit.md", table(rows))
    draw_sheet(strips(rows), cfg.output / "audit.png")
    write_result(cfg.output / "result.json", figures(rows), cfg)
    print(table(rows) + f"\n{len(sketches)} sketches; pictures in {cfg.output / 'audit.png'}")
    failed = failures(rows, cfg.margin)
    if failed:
        raise UserError(f"the truth does not win by {cfg.margin} over: {', '.join(failed)}")


def audit(
    reward: TotalReward, sketches: Sequence[Sketch], seed: int, device: torch.device
) -> list[Row]:
    """The truth first, then the artist's rendering, then every cheat, all scored by ``reward``."""
    batches = [collate(sketches[i : i + BATCH]) for i in range(0, len(sketches), BATCH)]
    versions: dict[str, Cheat] = {TRUTH: lambda sketch, _: flats_of(sketch), RENDERED: shaded}
    rows: list[Row] = []
    for i, (name, cheat) in enumerate(tqdm((versions | CHEATS).items(), desc="audit", leave=False)):
        best = rows[0].total if rows else None
        generator = torch.Generator().manual_seed(seed_of(seed, i))
        scored = _scored(reward, batches, cheat, generator, device)
        rows.append(_row(name, list(scored), best))
    return rows


def failures(rows: Sequence[Row], margin: float) -> list[str]:
    """Names of the cheats that the truth does not beat by ``margin`` on average."""
    return [r.name for r in rows if r.name in CHEATS and not r.margin >= margin]


def figures(rows: Sequence[Row]) -> dict[str, float]:
    """What result.json holds, named like metrics."""
    values = {
        "audit/margin_min": min((r.margin for r in rows if r.name in CHEATS), default=math.nan)
    }
    for row in rows:
        name = row.name.split()[0]
        values |= {
            f"audit/{name}/total": float(row.total.mean()),
            f"audit/{name}/margin": row.margin,
            f"audit/{name}/below_truth": row.below,
        }
        values |= {f"audit/{name}/{term}": value for term, value in row.term.items()}
    return values


def table(rows: Sequence[Row]) -> str:
    """A Markdown table: mean of each term and of the total, margin, share below the truth."""
    body = []
    for row in rows:
        numbers = [*row.term.values(), float(row.total.mean()), row.margin]
        body.append([row.name, *(f"{x:.3f}" for x in numbers), f"{row.below:.0%}"])
    return markdown(["", *rows[0].term, "total", "margin", "below truth"], body)


def strips(rows: Sequence[Row]) -> list[Strip]:
    """Every row's first sketches with their totals, for ``draw_sheet``."""
    return [
        Strip(row.name.replace("_", " "), row.image, [f"{t:.2f}" for t in row.total.tolist()])
        for row in rows
    ]


def _scored(
    reward: TotalReward,
    batches: Sequence[SketchBatch],
    cheat: Cheat,
    generator: torch.Generator,
    device: torch.device,
) -> Iterator[tuple[Tensor, Mapping[str, Tensor], Tensor]]:
    """Total (n,), terms (n,) and images under their line art (n, 3, H, W) of each batch."""
    for batch in batches:
        sketch = batch.to(device)
        image = cheat(sketch, generator)
        alone = torch.arange(len(sketch), device=device)
        with torch.no_grad():
            scores = reward.score(image, sketch, alone, progress=1.0)
        yield scores.total, scores.term, image * sketch.line


def _row(
    name: str, scored: Sequence[tuple[Tensor, Mapping[str, Tensor], Tensor]], best: Tensor | None
) -> Row:
    total = torch.cat([t for t, _, _ in scored]).cpu()
    lead = total - total if best is None else best - total
    return Row(
        name=name,
        term={k: float(torch.cat([t[k] for _, t, _ in scored]).mean()) for k in scored[0][1]},
        total=total,
        margin=float(lead.mean()),
        below=float((lead > TIE).float().mean()),
        image=torch.cat([image for _, _, image in scored])[:SHOWN],
    )


if __name__ == "__main__":
    from colorrl.cli import run_verb

    run_verb("audit")
