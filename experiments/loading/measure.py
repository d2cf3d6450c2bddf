"""How long steps of `tiny` wait for their batches: python experiments/loading/measure.py [root].

For each prepared set and the mixture, with the artist augmentation: processor time to draw a batch
of 48, of a step on it, and the share of the wall clock that 8 steps wait with one loader.
"""

import sys
import time
from functools import partial
from statistics import median

import torch

from colorrl.config.compose import check, conf_dir
from colorrl.data.ahead import batches
from colorrl.data.load import load_pools
from colorrl.scripts.pretrain import draw_batch
from colorrl.training.pretrain_state import Pretraining

STEPS = 8


def config(name, root):
    from hydra import compose, initialize_config_dir

    words = ["policy=flow", "device=cpu", "augment=artist", f"data={name}", f"data.root={root}"]
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return check("pretrain", compose("pretrain", words))


def measure(name, root):
    cfg = config(name, root)
    run, pools = Pretraining(cfg), load_pools(cfg.data, 64)
    draws, steps, waited = [], [], 0.0
    for step in range(4):
        began = time.process_time()
        batch = draw_batch(pools, cfg, step)
        draws.append(time.process_time() - began)
    drawn = batches(partial(draw_batch, pools, cfg), 0, STEPS + 1, 1)
    run.update(next(drawn))  # the first batch and the first step warm up
    wall = time.monotonic()
    for _ in range(STEPS):
        asked = time.monotonic()
        batch = next(drawn)
        waited += time.monotonic() - asked
        began = time.process_time()
        run.update(batch)
        steps.append(time.process_time() - began)
    share = waited / (time.monotonic() - wall)
    print(f"| {name} | {1000 * median(draws):.0f} | {1000 * median(steps):.0f} | {share:.1%} |")


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("| set | draw, ms | step, ms | waiting |\n| --- | --: | --: | --: |")
    for name in ("openmoji", "dicebear", "procedural", "mixture"):
        measure(name, sys.argv[1] if len(sys.argv) > 1 else "datasets")
