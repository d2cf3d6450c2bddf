"""What an update takes with branches and with plain groups: python experiments/branching/speed.py

Makes a small start and trains each arm with three seeds on 64 small drawings drawn in code, 12
updates; what has ended is not run again. Too short to learn anything: it says what an update costs.
Writes speed.md.
"""

import csv
import itertools
import math
import operator
import statistics
from dataclasses import replace
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir

from colorrl.config.compose import check, conf_dir, run_dir
from colorrl.data import load
from colorrl.report.groups import summarize
from colorrl.report.table import markdown
from colorrl.scripts import pretrain, train
from colorrl.task.drawings import small_drawings

HERE, SEEDS = Path(__file__).parent, (0, 1, 2)
N_STEPS = 8  # as pretraining saves it
PARTS = ("sample", "reward", "update")
START = [
    "policy=flow_micro", "policy.network.width=48", "policy.network.n_blocks=2",
    "policy.network.n_token_layers=2", "data=openmoji", "data.part=[0,0.25]", "augment=flip",
    "batch_size=16", "steps=400", "validate_every=400", "save_every=400", "loaders=0", "name=nano",
]  # fmt: skip
COMMON = [
    "policy.path=runs/nano", "reward/combine=weighted_sum", "~reward.terms.perceptual",
    "data.palette_condition=colors", "learn.lr=1e-3", "trainer.sketches=4", "trainer.updates=12",
    "trainer.eval_every=4", "trainer.save_every=12", "runs=runs/branching",
]  # fmt: skip
ARMS = {
    "plain groups": ["experiment=grpo"],
    "branches [2,2,2]": ["experiment=branching"],
}


def drawing_in_code():
    """All runs colour 64 small drawings that are drawn in code, and are judged by 16 others."""

    def drawn(data, name, split, size):
        made = small_drawings(64, size) if split == "train" else small_drawings(16, size, seed=1)
        return [replace(s, fill=torch.cat([s.flats, s.alpha])) for s in made]

    load.load_set = drawn


def run(verb, main, *words):
    """The run of ``words``, gone on with or done already; its configuration."""
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = check(verb, compose(verb, [*words, "resume=auto"]))
    if not (run_dir(cfg) / "result.json").is_file():
        main(cfg)
    return cfg


def calls(cfg):
    """Predictions without and with a gradient of one update, of a loss that scores steps."""
    parts = [*cfg.sampler.branches, *[1] * (N_STEPS - len(cfg.sampler.branches))]
    ends, (first, count) = cfg.trainer.group_size, cfg.sampler.window
    chains = list(itertools.accumulate((ends // math.prod(parts), *parts[:-1]), operator.mul))
    sketches = cfg.trainer.sketches
    return sketches * sum(chains), sketches * sum(chains[first : first + count])


def seconds(cfg):
    """Of each part of an update, a mean over updates after the first."""
    with (run_dir(cfg) / "metrics.csv").open(encoding="utf-8") as lines:
        rows = [r for r in csv.DictReader(lines) if int(r["step"]) > 1]
    return [statistics.mean(float(r[f"time/{part}_s"]) for r in rows) for part in PARTS]


def main():
    run("pretrain", pretrain.main, *START)
    drawing_in_code()
    body, plain = [], None
    for arm, words in ARMS.items():
        runs = [run("train", train.main, *words, *COMMON, f"seed={s}", "device=cpu") for s in SEEDS]
        took = [[*seconds(cfg), sum(seconds(cfg))] for cfg in runs]
        plain = plain or took
        factors = [a[-1] / b[-1] for a, b in zip(plain, took, strict=True)]
        columns = [*zip(*took, strict=True), factors]
        figures = [summarize(list(column)) for column in columns]
        cells = [f"{f.mean:.2f} ± {f.ci95:.2f}" for f in figures]
        body.append([arm, *map(str, calls(runs[0])), *cells])
    head = ["arm", "predictions", "with a gradient", *(f"{part}, s" for part in PARTS), "update, s",
            "times faster"]  # fmt: skip
    text = markdown(head, body)
    (HERE / "speed.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
