"""What a generator gained on a hand by fine-tuning on pages of it, on drawings of the same hand.

python experiments/house/own_hand.py SET LIMIT BEFORE AFTER ...

BEFORE and AFTER are shipped names or folders of generators of one size; of LIMIT test drawings of
SET: area of regions within dE00 5, 10 and 20 and grouping ARI, a vote of eight, conditioned on the
true colours alone and without a palette, and the paired gain over BEFORE with its 95 % bootstrap
interval over drawings. The table goes to the screen.
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "region_tokens"))

import measure

from colorrl.data.load import load_sketches
from colorrl.evaluation.judge import make_judge
from colorrl.metrics import bootstrap_ci
from colorrl.policy.pipeline import load_generator
from colorrl.report.table import markdown

LEVELS = (5, 10, 20)


def shown(values: torch.Tensor) -> str:
    low, high = bootstrap_ci(values)
    return f"{float(values.mean()):.3f} [{low:.3f}, {high:.3f}]"


def main(set_name: str, limit: int, names: list[str]) -> None:
    torch.set_num_threads(1)
    data = measure.config(f"data={set_name}").data
    before: dict[str, dict[str, torch.Tensor]] = {}
    body = []
    for name in names:
        generator = load_generator(name)
        sketches = load_sketches(data, "test", generator.size, limit)
        judge = make_judge(sketches, None, torch.device("cpu"), 16)
        for condition in ("colors", "none"):
            said = measure.votes(measure.ballots_of(judge, generator, condition))
            rows = measure.measured(judge, said, LEVELS)
            found = {name: torch.tensor(row).nan_to_num(0.0) for name, row in rows.items()}
            start = before.setdefault(condition, found)
            for figure, row in found.items():
                gain = "" if found is start else shown(row - start[figure])
                body.append([name, condition, figure, shown(row), gain])
    print(markdown(["generator", "palette", "figure", "value", "gain over the first"], body))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
