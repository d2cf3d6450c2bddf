"""The classifier on test splits: python experiments/ceiling/measure.py [key=value ...] of pretrain.

A row for each set, checkpoint at a quarter, a half and the end of the steps, palette condition
and way to choose: the likeliest class (argmax), or one drawn from the softmax (mean of 4
draws). The figure is metrics.region_accuracy_area, of all sketches and of those of 3+ colours.
"""

import sys

import torch
from classifier import logits
from train import config, folder

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.data.batch import collate
from colorrl.data.load import load_set, names_of
from colorrl.data.palette_condition import condition_palette
from colorrl.metrics import MANY, SAME, n_colors
from colorrl.rewards.cheats.given import region_colors
from colorrl.run import checkpoint
from colorrl.seeding import seed_of
from colorrl.training.pretrain_state import Pretraining

DRAWS = 4


def accuracy(batch, chosen):
    """(N,) share of the area of regions but the background whose class has the true colour."""
    white = torch.ones_like(batch.palette[:, :1])
    color = torch.cat([white, batch.palette], 1).gather(1, chosen[..., None].expand(-1, -1, 3))
    true = region_colors(batch)
    right = delta_e_2000(srgb_to_lab(color, 2), srgb_to_lab(true, 2)) <= SAME
    area = batch.regions.area * (batch.regions.weight > 0)
    return (right * area).sum(1) / area.sum(1)


def drawn(score, seed):
    """(N, R+1) classes drawn from the softmax of ``score`` (N, R+1, 1 + K)."""
    generator = torch.Generator().manual_seed(seed)
    chance = score.softmax(2).flatten(0, 1)
    return chance.multinomial(1, generator=generator).view(score.shape[:2])


@torch.no_grad()
def measure(network, batches, condition):
    """way to choose -> (M,) accuracy of each sketch."""
    scores = [logits(network, condition_palette(batch, condition)) for batch in batches]
    pairs = list(enumerate(zip(batches, scores, strict=True)))
    draws = [
        torch.cat([accuracy(b, drawn(s, seed_of(0, k, i))) for i, (b, s) in pairs])
        for k in range(DRAWS)
    ]
    likeliest = torch.cat([accuracy(b, s.argmax(2)) for _, (b, s) in pairs])
    return {"argmax": likeliest, "softmax": torch.stack(draws).mean(0)}


def checkpoints(cfg):
    steps = [cfg.steps // 4, cfg.steps // 2, cfg.steps]
    return [c for c in sorted(folder(cfg).glob("step-*")) if checkpoint.step_of(c) in steps]


def rows(cfg):
    run = Pretraining(cfg)
    for name in names_of(cfg.data):
        sketches = load_set(cfg.data, name, "test", run.size)
        batches = [collate(sketches[i : i + 32]) for i in range(0, len(sketches), 32)]
        many = torch.tensor([n_colors(collate([sketch])) >= MANY for sketch in sketches])
        for where in checkpoints(cfg):
            run.load(checkpoint.load(where))
            for condition in ("shares", "colors"):
                with run.averaged():
                    found = measure(run.network.eval(), batches, condition)
                for way, values in found.items():
                    figures = f"{values.mean():.3f} | {values[many].mean():.3f}"
                    row = f"{name} ({len(sketches)}) | {run.step} | {condition} | {way}"
                    yield f"| {row} | {figures} |"


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(
        "| set | step | condition | chosen | by area | of 3+ colours |\n|---|--:|---|---|--:|--:|"
    )
    for row in rows(config(sys.argv[1:])):
        print(row, flush=True)
