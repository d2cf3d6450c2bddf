"""Rounds of plans beside best_of_n on drawings: python experiments/expert_iteration/drawings.py

From the weak start of experiments/branching/drawings.py, three seeds, 1,280 samples (reward calls)
each. Writes drawings.md.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "branching"))

from drawings import COMMON as BRANCHING  # noqa: E402, of that folder
from drawings import curve, seconds, shown, trained  # noqa: E402

from colorrl.report.table import markdown  # noqa: E402

COMMON = [*BRANCHING, "learn.lr=2e-4", "runs=runs/expert_iteration"]
ARMS = {
    "`best_of_n`, best of 8, one pass": [
        "experiment=best_of_n", "trainer.updates=20", "trainer.eval_every=10",
    ],
    "rounds, best of 16, four passes": [
        "experiment=expert_iteration", "trainer.updates=4", "trainer.sketches=20",
        "trainer.group_size=16", "trainer.eval_every=2",
    ],
}  # fmt: skip


def main():
    body = []
    for arm, runs in trained(ARMS, COMMON).items():
        before, half, last = zip(*(at_halves(cfg) for cfg in runs), strict=True)
        gain = [b - a for a, b in zip(before, last, strict=True)]
        spent = [sum(seconds(cfg)) * cfg.trainer.updates / 60 for cfg in runs]
        cells = [shown(list(x), 3) for x in (before, half, last, gain)]
        body.append([arm, str(runs[0].trainer.updates), *cells, shown(spent, 1)])
    head = ["arm", "updates", "reward before", "after 640 samples", "after 1,280", "gain",
            "minutes"]  # fmt: skip
    text = markdown(head, body)
    (HERE / "drawings.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def at_halves(cfg):
    """Held-out reward before, after half of the samples and after all."""
    (_, before), (_, half), (_, last) = curve(cfg)
    return before, half, last


if __name__ == "__main__":
    main()
