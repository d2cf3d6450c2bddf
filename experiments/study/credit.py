"""Image, region and mixed credit: python experiments/study/credit.py [folder of the runs].

First on a toy whose gradient is known (tests/learn/coupled.py): by how much each credit's mean
gradient turns away from the truth, and how noisy a group's is. Then on the study's runs: images
until the mean held-out reward of a method's seeds is what image credit ended with, and how much
more reward it got in training, seed by seed.
"""

import csv
import itertools
import json
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from judge import one_setting  # noqa: E402, of this folder

from colorrl.report.groups import summarize  # noqa: E402
from tests.learn.coupled import measured  # noqa: E402

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


def ended(folder):
    """Of each seed that has ended: held-out rewards by images, and those of training in a list."""
    found = {}
    for path in sorted(one_setting(folder).glob("seed*/result.json")):
        result = json.loads(path.read_text(encoding="utf-8"))
        with path.with_name("metrics.csv").open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        held_out = {0: result[f"{REWARD}_before"]}
        held_out |= {int(r["images"]): float(r[REWARD]) for r in rows if r[REWARD]}
        found[result["seed"]] = held_out, [float(r["reward/total"]) for r in rows]
    return found


def reached(curve, level):
    """Images at which ``curve`` first is at ``level``, between evaluations by a straight line."""
    for (x, y), (x_next, y_next) in itertools.pairwise(sorted(curve.items())):
        if y < level <= y_next:
            return f"{x + (x_next - x) * (level - y) / (y_next - y):.0f}"
    return "never"


def more(seeds, others):
    """Mean training reward over that of ``others``, update by update, of the same seeds."""
    apart = [
        statistics.mean(a - b for a, b in zip(seeds[s][1], others[s][1], strict=True))
        for s in seeds
    ]
    figure = summarize(apart)
    return f"{figure.mean:+.4f} ± {figure.ci95:.4f}" if len(apart) > 1 else f"{apart[0]:+.4f}"


def samples(runs):
    """Rows: images until image credit's last mean reward, of the mean over seeds and of each."""
    of = {label: ended(Path(runs, name)) for label, name in RUNS.items()}
    common = sorted(set.intersection(*map(set, of.values())))
    image = of["image"]
    last = max(image[common[0]][0])
    level = statistics.mean(image[seed][0][last] for seed in common)
    lines = [f"Seeds {', '.join(map(str, common))}.", "",
             f"| | images to {level:.3f} | of each seed | held out at last | training |",
             "|---|--:|---|--:|--:|"]  # fmt: skip
    for label, every in of.items():
        seeds = {seed: every[seed] for seed in common}
        curves = [held_out for held_out, _ in seeds.values()]
        mean = {x: statistics.mean(c[x] for c in curves) for x in curves[0]}
        cells = [label, reached(mean, level), ", ".join(reached(c, level) for c in curves)]
        cells.append(", ".join(f"{c[last]:.3f}" for c in curves))
        cells.append("" if label == "image" else more(seeds, image))
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main(runs="runs"):
    text = "\n".join([*toy(), "", *samples(runs), ""])
    (HERE / "credit.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
