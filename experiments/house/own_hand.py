"""What a generator gained on a hand by fine-tuning on pages of it, on drawings of the same hand.

python experiments/house/own_hand.py SET LIMIT BEFORE AFTER ...

BEFORE and AFTER are shipped names or folders of generators of one size; of LIMIT test drawings of
SET: area of regions within dE00 5, 10 and 20 and grouping ARI, a vote of eight, conditioned on the
true colours alone and without a palette, and the paired gain over BEFORE with its 95 % bootstrap
interval over drawings. The table goes to the screen.
"""

import sys
from functools import partial
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "region_tokens"))

import measure

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.data.load import load_sketches
from colorrl.evaluation.contestants import color
from colorrl.evaluation.judge import Judge, make_judge
from colorrl.evaluation.vote import cast, flat_colors
from colorrl.metrics import bootstrap_ci, grouping
from colorrl.policy.pipeline import load_generator
from colorrl.report.table import markdown

LEVELS = (5, 10, 20)


def figures(judge: Judge, said) -> dict[str, torch.Tensor]:
    """Figure -> (drawings,) of the colours ``said`` (N, R+1, 3) of each batch."""
    rows: dict[str, list[float]] = {f"within {n}": [] for n in LEVELS} | {"ARI": []}
    for batch, colors in zip(judge.batches, said, strict=True):
        truth, ours = (srgb_to_lab(x, -1) for x in (flat_colors(batch.flats, batch), colors))
        for i in range(len(batch)):
            inside = batch.regions.weight[i] > 0
            area = batch.regions.area[i][inside]
            off = delta_e_2000(ours[i][inside], truth[i][inside])
            for n in LEVELS:
                rows[f"within {n}"].append(float((off <= n).float() @ area / area.sum()))
            rows["ARI"].append(grouping(ours[i][inside], truth[i][inside]))
    return {name: torch.tensor(row).nan_to_num(0.0) for name, row in rows.items()}


def colored(judge: Judge, generator, condition: str):
    """The vote of eight samples of each batch, as a page gets it."""
    given = measure.conditioned(judge, condition)
    if condition == "colors":
        ballots = cast(given, partial(color, given, generator), 0, measure.VOTERS)
    else:
        first = [b[0] for b in cast(given, partial(color, given, generator), 0, 1)]
        parts = [measure.on_first(b, c) for b, c in zip(given.batches, first, strict=True)]
        further = Judge(tuple(parts), given.reward)
        more = cast(further, partial(color, further, generator), 1, measure.VOTERS - 1)
        ballots = [torch.cat([a[None], b]) for a, b in zip(first, more, strict=True)]
    return measure.votes(ballots)


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
            found = figures(judge, colored(judge, generator, condition))
            start = before.setdefault(condition, found)
            for figure, row in found.items():
                gain = "" if found is start else shown(row - start[figure])
                body.append([name, condition, figure, shown(row), gain])
    print(markdown(["generator", "palette", "figure", "value", "gain over the first"], body))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
