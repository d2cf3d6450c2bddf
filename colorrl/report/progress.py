"""Every charted figure along the way: what a reader draws another curve from."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from colorrl.report.curves import AXES, band
from colorrl.report.groups import Group

HEAD = ("group", "metric", "axis", "place", "mean", "ci95", "seeds")


def comma_separated(groups: Sequence[Group], metrics: Sequence[str]) -> str:
    """A row for each group, metric, axis (images or seconds) and place on it, full precision."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for group in groups:
        for metric in metrics:
            n = sum(metric in run.curves for run in group.runs)
            for axis in AXES:
                for row in zip(*(band(group, metric, axis) or ()), strict=True):
                    writer.writerow([group.label, metric, axis, *map(float, row), n])
    return out.getvalue()
