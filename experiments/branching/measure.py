"""Branches beside plain groups: python experiments/branching/measure.py [updates, 32 by default].

Makes the start and trains each arm with three seeds (what has ended is not run again). Then, by
seed, what each arm had spent when its held-out reward first was what plain GRPO ended with:
samples (reward calls), predictions of the network without and with a gradient, seconds of updates.
Writes table.md.
"""

import csv
import itertools
import json
import subprocess
import sys
from pathlib import Path

from colorrl.policy.rollout import Sampler
from colorrl.report.groups import summarize
from colorrl.report.table import markdown

HERE = Path(__file__).parent
RUNS, SEEDS, EVERY = Path("runs/branching"), (0, 1, 2), 8
SKETCHES, GROUP, STEPS, WINDOW = 8, 8, 8, (0, 4)
REWARD = "eval/reward"
ARMS = {
    "plain groups": ["experiment=grpo"],
    "branches [2,2,2]": ["experiment=branching"],
}
BRANCHES = {"plain groups": (), "branches [2,2,2]": (2, 2, 2)}
START = [
    "pretrain", "policy=flow_micro", "data=openmoji", "data.part=[0,0.5]", "augment=flip",
    "batch_size=16", "steps=500", "name=micro_short", "loaders=0",
]  # fmt: skip


COMMON = [
    "policy.path=runs/micro_short", f"runs={RUNS}", "data.part=[0,0.25]",
    "trainer.eval_sketches=40", f"trainer.eval_every={EVERY}", f"trainer.save_every={EVERY}",
]  # fmt: skip


def colorrl(*words):
    subprocess.run([sys.executable, "-m", "colorrl", *words, "resume=auto"], check=True)


def train(arm, updates):
    for seed in SEEDS:
        colorrl("train", *ARMS[arm], *COMMON, f"seed={seed}", f"trainer.updates={updates}")


def calls(arm):
    """Predictions without and with a gradient of one update."""
    walk = Sampler("cps", STEPS, 0.7, 1.5, 0.5, window=WINDOW, branches=BRANCHES[arm])
    chains = walk.chains(GROUP)
    scored = sum(n for n, draws in zip(chains, walk.stochastic().tolist(), strict=False) if draws)
    return SKETCHES * sum(chains[:-1]), SKETCHES * scored


def curves(arm, updates):
    """Of each seed a list of (held-out reward, spent: samples, predictions twice, seconds)."""
    found = {}
    for path in RUNS.glob(f"{ARMS[arm][0].split('=')[1]}/*/seed*/result.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        if result["step"] != updates:
            continue
        with path.with_name("metrics.csv").open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        took = [sum(float(v) for k, v in r.items() if k.startswith("time/") and v) for r in rows]
        took = list(itertools.accumulate(took))
        points = [(result[f"{REWARD}_before"], (0.0, 0.0, 0.0, 0.0))]
        for update, (row, seconds) in enumerate(zip(rows, took, strict=True), 1):
            if row[REWARD]:
                spent = (SKETCHES * GROUP * update, *(n * update for n in calls(arm)), seconds)
                points.append((float(row[REWARD]), spent))
        found[result["seed"]] = points
    return found


def reached(points, level):
    """What was spent when the reward first was ``level``, by straight lines; None = never."""
    for (low, before), (high, after) in itertools.pairwise(points):
        if low < level <= high:
            part = (level - low) / (high - low)
            return [a + part * (b - a) for a, b in zip(before, after, strict=True)]
    return None


def table(of):
    plain = of["plain groups"]
    body, factors = [], []
    for seed in SEEDS:
        level, whole = plain[seed][-1]
        for arm, seeds in of.items():
            spent = reached(seeds[seed], level)
            cells = ["never"] * 4 if spent is None else [f"{x:.0f}" for x in spent]
            ends = f"{seeds[seed][0][0]:.3f}", f"{seeds[seed][-1][0]:.3f}"
            body.append([str(seed), arm, *ends, f"{level:.3f}", *cells])
        factors.append(
            None if spent is None else [a / b for a, b in zip(whole, spent, strict=True)]
        )
    names = ["samples", "predictions", "with a gradient", "seconds"]
    first = markdown(["seed", "arm", "reward before", "at last", "to reach", *names], body)
    if None in factors:
        return first
    figures = [summarize(list(column)) for column in zip(*factors, strict=True)]
    means = [f"{f.mean:.2f} ± {f.ci95:.2f}" for f in figures]
    return "\n\n".join(
        [first, markdown(["times fewer, three seeds", *names], [["branches", *means]])]
    )


def main(updates=32):
    colorrl(*START)
    for arm in ARMS:
        train(arm, int(updates))
    text = table({arm: curves(arm, int(updates)) for arm in ARMS})
    (HERE / "table.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
