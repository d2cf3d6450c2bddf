"""Rounds of plans beside best_of_n on a toy: python experiments/expert_iteration/toy.py

On the toy of tests/learn/toy.py, whose expected reward is known: 5 seeds, 1,536 samples each. The
best of 8 of every update is imitated as it comes, or in rounds the best of 32 in four passes.
Writes toy.md.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "branching"))

from toy import curves, on_the_toy  # noqa: E402, of that folder

from colorrl.report.groups import summarize  # noqa: E402
from colorrl.report.table import markdown  # noqa: E402

COMMON = ["sampler=ode", "learn=best_of_n", "learn.lr=0.015"]
ARMS = {
    "best_of_n": (48, ["trainer.group_size=8"]),
    "best_of_n, of 32": (12, ["trainer.group_size=32"]),
    "expert_iteration, best of 8": (48, ["trainer.group_size=8", "learn.epochs=4"]),
    "expert_iteration, best of 32": (
        12, ["trainer.group_size=32", "learn.epochs=4", "learn.optimizer_steps=4"],
    ),
}  # fmt: skip


def main():
    on_the_toy()
    body = []
    for arm, (updates, words) in ARMS.items():
        runs = curves([*COMMON, *words], updates)
        half, last = (summarize([r[k] for r in runs]) for k in (updates // 2, updates))
        cells = [f"{f.mean:.3f} ± {f.ci95:.3f}" for f in (half, last)]
        body.append([arm, str(updates), f"{runs[0][0]:.3f}", *cells])
    head = ["arm", "updates", "reward before", "after 768 samples", "after 1,536"]
    text = markdown(head, body)
    (HERE / "toy.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
