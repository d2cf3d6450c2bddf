"""Branches beside plain groups on a toy of known reward: python experiments/branching/toy.py

On the toy of tests/learn/toy.py, 5 seeds: what each arm had spent when the exact expected reward
of its pictures first was 95 % of what plain groups of that seed had after 50 updates.
Writes toy.md.
"""

import itertools
import math
import operator
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from hydra import compose, initialize_config_dir

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from colorrl.config.compose import check, conf_dir  # noqa: E402
from colorrl.policy.rollout import Sampler  # noqa: E402
from colorrl.report.groups import summarize  # noqa: E402
from colorrl.report.table import markdown  # noqa: E402
from colorrl.scripts import train  # noqa: E402
from colorrl.training import state  # noqa: E402
from tests.learn.toy import SIDE, Near, Table, expected_reward, sketches, slope  # noqa: E402

UPDATES, SEEDS, GROUP, N_STEPS, N_SCORED = 50, range(5), 8, 4, 3
LEVEL = 0.95  # of the last reward, whose own jitter is a few hundredths
ARMS = {
    "plain groups": ["learn=grpo"],
    "branches [2,2,2]": ["learn=branching", "sampler.branches=[2,2,2]"],
    "branches [2,2], two first chains": ["learn=branching", "sampler.branches=[2,2]"],
}  # fmt: skip
COMMON = ["trainer.sketches=4", "device=cpu"]
RATIO = [
    "sampler=cps", f"trainer.group_size={GROUP}", "learn.lr=0.05",
    "learn.loss.function.clip_low=0.18", "learn.loss.function.clip_high=0.18",
]  # fmt: skip


def on_the_toy():
    """Runs start from the toy's table and colour its four sketches."""
    config = SimpleNamespace(n_steps=N_STEPS, shift=3.0, rho=0.5, guidance=1.0)
    state.load_policy = lambda name, device: SimpleNamespace(
        network=Table().requires_grad_(False), size=SIDE, config=config
    )
    train.draw = lambda pools, n, local, *_: [sketches().select(m) for m in local]


def configured(words):
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return check("train", compose("train", [*words, *COMMON]))


def curves(words, updates):
    """Of each seed the expected reward before each update and after the last one."""
    cfg, found = configured(words), []
    for seed in SEEDS:
        run, curve = state.Training(replace(cfg, seed=seed)), []
        for _ in range(updates + 1):
            color = run.policy.color.detach()
            curve.append(expected_reward(slope(run.sampler) * color, run.sampler))
            train.update(run, [], Near())
        found.append(curve)
    return found


def calls(words):
    """Predictions of an update without and with a gradient."""
    parts = tuple(configured(words).sampler.branches)
    chains = Sampler("cps", N_STEPS, 0.7, 3.0, 0.5, branches=parts).chains(GROUP)
    return 4 * sum(chains[:N_STEPS]), 4 * sum(chains[:N_SCORED])


def reached(curve, level):
    """Updates until ``curve`` is at ``level``, by straight lines; NaN = never."""
    for k, (low, high) in enumerate(itertools.pairwise(curve)):
        if low < level <= high:
            return k + (level - low) / (high - low)
    return math.nan


def main():
    on_the_toy()
    of = {arm: curves([*words, *RATIO], UPDATES) for arm, words in ARMS.items()}
    cost = {arm: calls([*words, *RATIO]) for arm, words in ARMS.items()}
    plain, body = of["plain groups"], []
    for arm, runs in of.items():
        needed = [reached(r, LEVEL * before[-1]) for r, before in zip(runs, plain, strict=True)]
        fewer = [1.0, *map(operator.truediv, cost["plain groups"], cost[arm])]
        first = [reached(r, LEVEL * r[-1]) for r in plain]
        pairs = [(a, b) for a, b in zip(first, needed, strict=True) if not math.isnan(b)]
        factors = [[a / b * c for a, b in pairs] for c in fewer]
        last = summarize([curve[-1] for curve in runs])
        cells = [f"{f.mean:.2f} ± {f.ci95:.2f}" for f in map(summarize, factors)]
        reach = f"{len(factors[0])} of {len(runs)}"
        body.append([arm, f"{last.mean:.3f} ± {last.ci95:.3f}", reach, *cells])
    head = ["arm", "reward after 50 updates", "seeds that reach 95 %", "times fewer samples",
            "predictions", "with a gradient"]  # fmt: skip
    text = markdown(head, body)
    (HERE / "toy.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
