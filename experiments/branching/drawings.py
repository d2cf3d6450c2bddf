"""Branches and plain groups on drawings: python experiments/branching/drawings.py

Makes a small weak start and trains each arm with three seeds; what has ended is not run again. When
is each arm's held-out reward what plain groups of that seed had gained at last? Writes drawings.md.
"""

import csv
import itertools
import math
import operator
import statistics
from pathlib import Path

from hydra import compose, initialize_config_dir

from colorrl.config.compose import check, conf_dir, run_dir
from colorrl.report.groups import summarize
from colorrl.report.table import markdown
from colorrl.scripts import pretrain, train

HERE, SEEDS = Path(__file__).parent, (0, 1, 2)
N_STEPS = 8  # as pretraining saves it
REWARD, PARTS = "eval/reward", ("sample", "reward", "update")
SHARES = (0.8, 1.0)  # of plain groups' gain
START = [
    "policy=flow_micro", "policy.network.width=48", "policy.network.n_blocks=2",
    "policy.network.n_token_layers=2", "data=openmoji", "data.part=[0,0.5]", "augment=random",
    "batch_size=16", "steps=1000", "validate_every=1000", "save_every=1000", "loaders=0",
    "name=nano",
]  # fmt: skip
COMMON = [
    "policy.path=runs/nano", "trainer.updates=40", "trainer.eval_every=5",
    "trainer.eval_sketches=120", "trainer.save_every=20", "runs=runs/branching", "device=cpu",
]  # fmt: skip
ARMS = {
    "plain groups": ["experiment=grpo"],
    "branches `[2,2,2]`": ["experiment=branching"],
}


def run(verb, main, *words):
    """The run of ``words``, gone on with or done already; its configuration."""
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = check(verb, compose(verb, [*words, "resume=auto"]))
    if not (run_dir(cfg) / "result.json").is_file():
        main(cfg)
    return cfg


def trained(arms, common):
    """Arm -> configurations of its runs. Seed by seed, so that the machine's load is shared."""
    run("pretrain", pretrain.main, *START)
    made = {arm: [] for arm in arms}
    for seed, (arm, words) in itertools.product(SEEDS, arms.items()):
        made[arm].append(run("train", train.main, *common, *words, f"seed={seed}"))
    return made


def rows_of(cfg):
    with (run_dir(cfg) / "metrics.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def curve(cfg):
    """(images, held-out reward) at each evaluation, from the start on."""
    return [(int(r["images"]), float(r[REWARD])) for r in rows_of(cfg) if r[REWARD]]


def seconds(cfg):
    """Of each part of an update, a mean over updates after the first."""
    rows = [r for r in rows_of(cfg) if int(r["step"]) > 1]
    return [statistics.mean(float(r[f"time/{part}_s"]) for r in rows) for part in PARTS]


def calls(cfg):
    """Predictions without and with a gradient of one update, of a loss that scores steps."""
    parts = [*cfg.sampler.branches, *[1] * (N_STEPS - len(cfg.sampler.branches))]
    ends, (first, count) = cfg.trainer.group_size, cfg.sampler.window
    chains = list(itertools.accumulate((ends // math.prod(parts), *parts[:-1]), operator.mul))
    sketches = cfg.trainer.sketches
    return sketches * sum(chains), sketches * sum(chains[first : first + count])


def reached(points, level):
    """Images until ``points`` are at ``level``, by straight lines; NaN = never."""
    for (x, low), (x_next, high) in itertools.pairwise(points):
        if low < level <= high:
            return x + (x_next - x) * (level - low) / (high - low)
    return math.nan


def shown(values, digits=2):
    f = summarize(values)
    return f"{f.mean:.{digits}f} ± {f.ci95:.{digits}f}"


def to_level(of, plain, share):
    """Rows: by what factor fewer samples, predictions and seconds reach ``share`` of the gain."""
    costs = [[1, *calls(cfg), sum(seconds(cfg))] for cfg in plain]
    curves = [curve(cfg) for cfg in plain]
    levels = [c[0][1] + share * (c[-1][1] - c[0][1]) for c in curves]
    first = [reached(*pair) for pair in zip(curves, levels, strict=True)]
    for arm, runs in of.items():
        needed = [reached(curve(cfg), level) for cfg, level in zip(runs, levels, strict=True)]
        factors = [
            [a / b * x / y for x, y in zip(cost, [1, *calls(cfg), sum(seconds(cfg))], strict=True)]
            for a, b, cost, cfg in zip(first, needed, costs, runs, strict=True)
            if not math.isnan(b)
        ]
        cells = [shown(list(column)) for column in zip(*factors, strict=True)] or ["-"] * 4
        yield [arm, f"{share:.0%}", f"{len(factors)} of {len(runs)}", *cells]


def gains(of):
    """Rows: held-out reward before and after, over seeds, and what an update takes."""
    for arm, runs in of.items():
        ends = [(c[0][1], c[-1][1]) for c in map(curve, runs)]
        took = zip(*(seconds(cfg) for cfg in runs), strict=True)
        cells = [*(shown(list(column)) for column in took), *map(str, calls(runs[0]))]
        before, after = zip(*ends, strict=True)
        gain = [b - a for a, b in ends]
        yield [arm, *(shown(list(x), 3) for x in (before, after, gain)), *cells]


def main():
    of = trained(ARMS, COMMON)
    plain = of["plain groups"]
    head = ["arm", "reward before", "after", "gain", *(f"{part}, s" for part in PARTS),
            "predictions", "with a gradient"]  # fmt: skip
    text = markdown(head, list(gains(of)))
    head = ["arm", "of plain groups' gain", "seeds that reach it", "times fewer samples",
            "predictions", "with a gradient", "seconds"]  # fmt: skip
    text += "\n\n" + markdown(head, [row for s in SHARES for row in to_level(of, plain, s)])
    (HERE / "drawings.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
