"""The weights of reference/logit.py, fitted to DiceBear characters whose parts train shows.

    python -m colorrl.benchmarks.sheet_fit 12

prints FIRST and AFTER from so many pairs of each kind of redrawing. The benchmark's own characters
show other variants.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from tqdm import tqdm

from colorrl.benchmarks.redrawn import KINDS, pair
from colorrl.benchmarks.sheet_table import TWINS
from colorrl.benchmarks.sheets import Subject, subject_of
from colorrl.pages.sheet.evidence import FEATURES, neighbors
from colorrl.pages.sheet.logit import believed

# a weight of 1 costs as much as this share of a nat: few pairs must not fit noise
RIDGE = 1e-3
STEPS, LR = 300, 0.05
SIZE = 384


def main(n: int) -> None:
    """Fit to ``n`` pairs of each kind, and print the weights."""
    torch.set_num_threads(1)
    # of twins nothing shows which figure is right: they would teach that no placement does
    kinds = [how for name, how in KINDS.items() if name != TWINS]
    pairs = [(how, i) for how in kinds for i in range(n)]
    subjects = [subject_of(*pair(i, how, SIZE, "train", seed=0)) for how, i in tqdm(pairs)]
    first = fit(subjects, {}, FEATURES[:-2])
    after = fit(subjects, first, FEATURES)
    for _ in range(2):
        after = fit(subjects, after, FEATURES, first)
    print(f"FIRST = {first}\nAFTER = {after}")


def fit(
    subjects: list[Subject],
    last: dict[str, float],
    names: tuple[str, ...],
    first: dict[str, float] | None = None,
) -> dict[str, float]:
    """Weights under which the right colours are likeliest; a region counts by the root of its area.

    Neighbours are what ``last`` believes (after ``first``).
    """
    weights = torch.zeros(len(names), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([weights], LR)
    cases = [_tensors(subject, last, names, first) for subject in subjects]
    total = sum(float(area.sum()) for _, _, area in cases)
    for _ in range(STEPS):
        loss = RIDGE * (weights**2).sum()
        for given, right, area in cases:
            odds = given @ weights
            likely = odds.masked_fill(~right, -1e9).logsumexp(1) - odds.logsumexp(1)
            loss = loss - (area * likely).sum() / total
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return dict(zip(names, weights.detach().numpy().round(2).tolist(), strict=True))


def _tensors(
    subject: Subject,
    last: dict[str, float],
    names: tuple[str, ...],
    first: dict[str, float] | None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    case, rows = subject.case, np.flatnonzero(subject.counted)
    given = case.given
    if last:
        belief = believed(given, first or last, case.choices)
        if first:
            message = neighbors(belief, case.home, case.page, case.drawn)
            belief = believed(given | message, last, case.choices)
        given = given | neighbors(belief, case.home, case.page, case.drawn)
    stacked = np.stack([given[name][rows][:, case.choices] for name in names], 2)
    right = subject.right[rows][:, case.choices]
    area = np.sqrt(case.page.area[rows])
    return torch.from_numpy(stacked), torch.from_numpy(right), torch.from_numpy(area)


if __name__ == "__main__":
    main(int(sys.argv[1]))
