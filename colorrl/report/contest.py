"""Contestants on the same sketches: a table of means, every figure as CSV, a contact sheet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from colorrl.report.sheet import Strip
from colorrl.types import SketchBatch

# What contestants are shown by, and which way is better.
HEADLINE = {
    "eval/reward": "↑",
    "eval/region_accuracy": "↑",
    "gold/pixel_share": "↑",
    "eval/de00_mean": "↓",
    "eval/de00_p95": "↓",
    "eval/leak": "↓",
    "eval/palette_precision": "↑",
    "eval/palette_recall": "↑",
    "eval/grouping_ari": "↑",
    "eval/lpips_alex": "↓",
    "gold/lpips_vgg": "↓",
}
SHOWN = 8  # sketches on a contact sheet


def table(means: Mapping[str, Mapping[str, float | None]]) -> tuple[list[str], list[list[str]]]:
    """Head and rows: HEADLINE down, contestants across. ``means``: contestant -> metric -> mean."""
    body = [
        [f"{metric} {better}", *(number(mean[metric]) for mean in means.values())]
        for metric, better in HEADLINE.items()
    ]
    return ["metric", *means], body


def number(value: float | None, form: str = ".3f") -> str:
    """A dash for what is not defined: NaN, which result.json holds as null."""
    return "–" if value is None or math.isnan(value) else format(value, form)


def per_sketch(ids: Sequence[str], columns: Mapping[str, Mapping[str, Tensor]]) -> str:
    """CSV: a row per sketch and contestant; ``columns`` is contestant -> metric -> (M,)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    metrics = list(next(iter(columns.values())))
    writer.writerow(["sketch", "contestant", *metrics])
    for i, sketch in enumerate(ids):
        for name, values in columns.items():
            writer.writerow([sketch, name, *(f"{float(values[m][i]):.5f}" for m in metrics)])
    return text.getvalue()


def strips(
    batches: Sequence[SketchBatch], images: Mapping[str, Tensor], reward: Mapping[str, Tensor]
) -> list[Strip]:
    """Line art, truth, then each contestant's ``images`` (M, 3, H, W) with their ``reward`` (M,).

    Colours are shown under the line art; the sketches are spread evenly over the M of ``batches``.
    """
    line = torch.cat([batch.line for batch in batches])
    truth = torch.cat([batch.flats for batch in batches if batch.flats is not None])
    n = min(SHOWN, len(line))
    chosen = [i * len(line) // n for i in range(n)]
    line, truth = line[chosen], truth[chosen]
    made = [Strip("line art", line.expand(-1, 3, -1, -1)), Strip("truth", truth * line)]
    for name, pictures in images.items():
        captions = [f"{r:.2f}" for r in reward[name][chosen].tolist()]
        made.append(Strip(name, pictures[chosen] * line, captions))
    return made
