"""The classifier on test splits: python experiments/ceiling/measure.py [key=value ...] of pretrain.

For each set and each checkpoint of the run that train.py made: region accuracy by area of the
likeliest entry (argmax), of entries drawn from the softmax, and of the likeliest where shares are
met too (`met`: classes dealt from the largest region on, as the baseline area_share does).
"""

import sys

import torch
from classifier import logits, picture
from train import config, folder

from colorrl import checkpoint
from colorrl.data.batch import collate
from colorrl.data.load import load_set, names_of
from colorrl.metrics import evaluate_images
from colorrl.pretraining import Pretraining
from colorrl.seeding import seed_of

SAMPLES = 4
SHOWN = ("region_accuracy_area", "region_accuracy_area_3plus", "grouping_ari")


def drawn(score, seed):
    """(N, R+1) classes drawn from the softmax of ``score`` (N, R+1, 1 + K)."""
    generator = torch.Generator().manual_seed(seed)
    chance = score.softmax(2).flatten(0, 1)
    return chance.multinomial(1, generator=generator).view(score.shape[:2])


def judged(images, batches):
    """Means over all sketches of SHOWN; ``images`` one tensor a batch."""
    rows = [evaluate_images(i, b) for i, b in zip(images, batches, strict=True)]
    return [torch.cat([row[name] for row in rows]).nanmean().item() for name in SHOWN]


@torch.no_grad()
def measure(run, batches):
    """name -> means, of every way to choose."""
    with run.averaged():
        scores = [logits(run.network.eval(), b) for b in batches]
    made = {"argmax": [judged(_pictures(batches, [s.argmax(2) for s in scores]), batches)]}
    made["softmax"] = [
        judged(
            _pictures(batches, [drawn(s, seed_of(0, k, i)) for i, s in enumerate(scores)]), batches
        )
        for k in range(SAMPLES)
    ]
    return {name: torch.tensor(rows).mean(0).tolist() for name, rows in made.items()}


def _pictures(batches, chosen):
    return [picture(b, c) for b, c in zip(batches, chosen, strict=True)]


if __name__ == "__main__":
    torch.set_num_threads(1)
    cfg = config(sys.argv[1:])
    run = Pretraining(cfg)
    print(f"| set | steps | chosen | {' | '.join(SHOWN)} |\n|---|--:|---|--:|--:|--:|")
    for name in names_of(cfg.data):
        sketches = load_set(cfg.data, name, "test", run.size)
        batches = [collate(sketches[i : i + 32]) for i in range(0, len(sketches), 32)]
        for where in sorted(folder(cfg).glob("step-*")):
            run.load(checkpoint.load(where))
            for way, means in measure(run, batches).items():
                figures = " | ".join(f"{value:.3f}" for value in means)
                print(f"| {name} ({len(sketches)}) | {run.step} | {way} | {figures} |", flush=True)
