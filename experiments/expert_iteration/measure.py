"""Rounds of plans beside best_of_n: python experiments/expert_iteration/measure.py

From the start of experiments/branching, three seeds, as many samples: imitation of each update's
best of 16 as it comes, and rounds of 256 samples whose plans are imitated in four passes. What has
ended is not run again. Writes table.md.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "branching"))

from measure import COMMON, N_STEPS, reading_once, table, trained  # noqa: E402, of that folder

LIKE = [word for word in COMMON if not word.startswith(("trainer.", "learn.", "runs"))]
SIZES = [
    "learn.lr=2e-4",
    "trainer.group_size=16",
    "trainer.eval_sketches=24",
    "runs=runs/expert_iteration",
]
ARMS = {
    "best_of_n": [
        "experiment=best_of_n", "trainer.sketches=4", "trainer.updates=24", "trainer.eval_every=4",
        "trainer.save_every=24",
    ],
    "expert_iteration": [
        "experiment=expert_iteration", "trainer.sketches=16", "trainer.updates=6",
        "learn.optimizer_steps=4", "trainer.eval_every=1", "trainer.save_every=6",
    ],
}  # fmt: skip
NAMES = ["samples", "predictions", "imitated", "seconds"]


def calls(cfg):
    """Predictions of an update to sample, and with a gradient of what is imitated, each pass."""
    t = cfg.trainer
    return t.sketches * t.group_size * N_STEPS, t.sketches * N_STEPS * cfg.learn.epochs


def main():
    reading_once()
    of = {arm: trained([*words, *LIKE, *SIZES], calls) for arm, words in ARMS.items()}
    text = table(of, NAMES)
    (HERE / "table.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
