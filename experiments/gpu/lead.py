"""How far one evaluation leads another: python experiments/gpu/lead.py FIRST SECOND

Folders of `colorrl evaluate`, also of generators of different sizes: each is measured at its own,
and sketches are paired by name. Mean difference with the paired bootstrap interval (95 %), by set.
"""

import csv
import sys
from pathlib import Path

import torch

from colorrl.evaluation.judge import paired_gains
from colorrl.report.contest import HEADLINE, interval
from colorrl.report.table import markdown


def read(file: Path) -> dict[str, dict[str, float]]:
    """sketch -> metric -> value of the generator."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["contestant"] == "generator"]
    return {r["sketch"]: {m: float(r[m]) for m in HEADLINE if m in r} for r in rows}


def compare(first: Path, second: Path) -> list[list[str]]:
    ours, theirs = read(first), read(second)
    both = sorted(ours.keys() & theirs.keys())
    columns = [
        {m: torch.tensor([v[s][m] for s in both]) for m in ours[both[0]]} for v in (theirs, ours)
    ]
    rows = []
    for metric, gain in paired_gains(*columns).items():
        up = HEADLINE[metric] == "↑"
        leads = gain[1] > 0 if up else gain[2] < 0
        verdict = "leads" if leads else "does not lead"
        rows.append([f"{metric} {HEADLINE[metric]}", str(len(both)), interval(gain), verdict])
    return rows


def main(first: Path, second: Path) -> None:
    found = sorted(p.relative_to(first) for p in first.rglob("sketches.csv"))
    body = [[str(p.parent), *row] for p in found for row in compare(first / p, second / p)]
    print(f"{first} against {second}")
    print(markdown(["set", "metric", "sketches", "difference [95 %]", first.name], body))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
