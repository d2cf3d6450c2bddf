"""Branches beside plain groups: python experiments/branching/measure.py

Makes a small start and trains each arm with three seeds; what has ended is not run again. Then, by
seed, what each arm had spent when its held-out reward first was what plain GRPO ended with:
samples (reward calls), predictions of the network without and with a gradient, seconds of updates.
Writes table.md.
"""

import csv
import itertools
import json
import math
import operator
from pathlib import Path

from hydra import compose, initialize_config_dir

from colorrl.config.compose import check, conf_dir, run_dir
from colorrl.data import load
from colorrl.report.groups import summarize
from colorrl.report.table import markdown
from colorrl.scripts import pretrain, train

HERE, SEEDS = Path(__file__).parent, (0, 1, 2)
N_STEPS = 8  # as pretraining saves it
REWARD = "eval/reward"
START = [
    "policy=flow_micro", "policy.network.width=48", "policy.network.n_blocks=2",
    "policy.network.n_token_layers=2", "data=openmoji", "data.part=[0,0.25]", "augment=flip",
    "batch_size=16", "steps=400", "validate_every=400", "save_every=400", "loaders=0", "name=nano",
]  # fmt: skip
COMMON = [
    "policy.path=runs/nano", "data.part=[0,0.01]", "~reward.terms.perceptual", "learn.lr=5e-4",
    "trainer.sketches=4", "trainer.updates=32", "trainer.eval_every=8", "trainer.save_every=32",
    "trainer.eval_sketches=24", "runs=runs/branching",
]  # fmt: skip
ARMS = {
    "plain groups": ["experiment=grpo"],
    "branches [2,2,2]": ["experiment=branching"],
}
NAMES = ["samples", "predictions", "with a gradient", "seconds"]


def reading_once():
    """All runs of a script colour the same drawings."""
    read, known = load.load_set, {}

    def kept(data, name, split, size):
        if (name, split, size) not in known:
            known[name, split, size] = read(data, name, split, size)
        return known[name, split, size]

    load.load_set = kept


def run(verb, main, *words):
    """The run of ``words``, gone on with or done already; its configuration."""
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = check(verb, compose(verb, [*words, "resume=auto"]))
    if not (run_dir(cfg) / "result.json").is_file():
        main(cfg)
    return cfg


def trained(words, calls):
    """Of each seed the points (held-out reward, spent) of one arm; ``spent`` as in NAMES."""
    run("pretrain", pretrain.main, *START)
    return {
        seed: curve(run("train", train.main, *words, f"seed={seed}", "device=cpu"), calls)
        for seed in SEEDS
    }


def calls(cfg):
    """Predictions without and with a gradient of one update, of a loss that scores steps."""
    parts = [*cfg.sampler.branches, *[1] * (N_STEPS - len(cfg.sampler.branches))]
    ends, (first, count) = cfg.trainer.group_size, cfg.sampler.window
    chains = list(itertools.accumulate((ends // math.prod(parts), *parts[:-1]), operator.mul))
    sketches = cfg.trainer.sketches
    return sketches * sum(chains), sketches * sum(chains[first : first + count])


def curve(cfg, calls):
    folder = run_dir(cfg)
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    with (folder / "metrics.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    took = [sum(float(v) for k, v in r.items() if k.startswith("time/") and v) for r in rows]
    points = [(result[f"{REWARD}_before"], (0.0,) * len(NAMES))]
    for row, seconds in zip(rows, itertools.accumulate(took), strict=True):
        step = int(row["step"])
        if row[REWARD] and step:
            n = [float(row["images"]), *(c * step for c in calls(cfg)), seconds]
            points.append((float(row[REWARD]), n))
    return points


def reached(points, level):
    """What was spent when the reward first was ``level``, by straight lines; None = never."""
    for (low, before), (high, after) in itertools.pairwise(points):
        if low < level <= high:
            part = (level - low) / (high - low)
            return [a + part * (b - a) for a, b in zip(before, after, strict=True)]
    return None


def table(of, names=NAMES):
    """Spent by each arm of ``of`` until the first one's last reward, seed by seed, and factors."""
    plain, *others = of
    body, factors = [], {name: [] for name in others}
    for seed in SEEDS:
        level, whole = of[plain][seed][-1]
        for arm, seeds in of.items():
            spent = whole if arm == plain else reached(seeds[seed], level)
            cells = ["never"] * len(names) if spent is None else [f"{x:.0f}" for x in spent]
            rewards = f"{seeds[seed][0][0]:.3f}", f"{seeds[seed][-1][0]:.3f}"
            body.append([str(seed), arm, *rewards, f"{level:.3f}", *cells])
            if arm != plain and spent is not None:
                factors[arm].append([a / b for a, b in zip(whole, spent, strict=True)])
    made = [markdown(["seed", "arm", "reward before", "at last", "level", *names], body)]
    for arm, rows in factors.items():
        figures = [summarize(list(column)) for column in zip(*rows, strict=True)]
        cells = [f"{f.mean:.2f} ± {f.ci95:.2f}" for f in figures] or ["-"] * len(names)
        head = ["times fewer", "seeds that reach it", *names]
        made.append(markdown(head, [[arm, f"{len(rows)} of {len(SEEDS)}", *cells]]))
    gains = {arm: [points[-1][0] - points[0][0] for points in of[arm].values()] for arm in of}
    shown = {arm: summarize(values) for arm, values in gains.items()}
    rows = [[arm, f"{f.mean:+.3f} ± {f.ci95:.3f}"] for arm, f in shown.items()]
    return "\n\n".join([*made, markdown(["arm", "gain at last"], rows)])


def main():
    reading_once()
    of = {arm: trained([*words, *COMMON], calls) for arm, words in ARMS.items()}
    text = table(of)
    (HERE / "table.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
