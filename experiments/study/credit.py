"""Image, region and mixed credit: python experiments/study/credit.py [folder of the runs].

First on a toy whose gradient is known (tests/learn/coupled.py): by how much each credit's mean
gradient turns away from the truth, and how noisy a group's is. Then on the study's runs: images
until the mean held-out reward of a method's seeds is what image credit ended with.
"""

import csv
import itertools
import json
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[1] / "tests")]

from learn.coupled import measured  # noqa: E402, of tests

RUNS = {"image": "grpo", "region": "grpo_region", "half each": "grpo_mix", "rho 0": "grpo_rho0"}
REWARD = "eval/reward"


def toy():
    lines = ["| lean on the neighbour | credit | angle to the truth, degrees | noise of a group |",
             "|--:|---|--:|--:|"]  # fmt: skip
    for across in (0.0, 0.15, 0.3, 0.5):
        for kind in ("image", "region", "mix"):
            f = measured(kind, across, groups=400)
            lines.append(f"| {across} | {kind} | {f.angle:.0f} ± {f.error:.0f} | {f.noise:.2f} |")
    return lines


def curves(folder):
    """Of each seed that has ended: images -> held-out reward; the start's at 0."""
    found = []
    for path in sorted(Path(folder).glob("*/seed*/metrics.csv")):
        if not (path.parent / "result.json").exists():
            continue
        result = json.loads((path.parent / "result.json").read_text(encoding="utf-8"))
        with path.open(encoding="utf-8") as lines:
            rows = [r for r in csv.DictReader(lines) if r[REWARD]]
        later = {int(r["images"]): float(r[REWARD]) for r in rows}
        found.append({0: result[f"{REWARD}_before"]} | later)
    return found


def reached(curve, level):
    """Images at which ``curve`` first is at ``level``, between evaluations by a straight line."""
    points = sorted(curve.items())
    for (x, y), (x_next, y_next) in itertools.pairwise(points):
        if y < level <= y_next:
            return round(x + (x_next - x) * (level - y) / (y_next - y))
    return points[0][0] if points[0][1] >= level else None


def samples(runs):
    """Rows: images until image credit's last mean reward, of the mean over seeds and of each."""
    of = {label: curves(Path(runs, name)) for label, name in RUNS.items()}
    last = max(of["image"][0])
    level = statistics.mean(c[last] for c in of["image"])
    lines = [f"| credit | seeds | images to {level:.3f} | of each seed | reward after {last} |",
             "|---|--:|--:|---|--:|"]  # fmt: skip
    for label, seeds in of.items():
        if not seeds:
            continue
        mean = {x: statistics.mean(c[x] for c in seeds) for x in seeds[0]}
        each = ", ".join(str(reached(c, level) or "never") for c in seeds)
        final = ", ".join(f"{c[last]:.3f}" for c in seeds)
        lines.append(
            f"| {label} | {len(seeds)} | {reached(mean, level) or 'never'} | {each} | {final} |"
        )
    return lines


def main(runs="runs"):
    text = "\n".join([*toy(), "", *samples(runs), ""])
    (HERE / "credit.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
