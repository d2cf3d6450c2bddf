"""Contestants on the same sketches: a table of means, every figure as CSV, a contact sheet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from colorrl.report.sheet import Strip
from colorrl.spaced import spaced
from colorrl.types import SketchBatch

# What contestants are shown by, and which way is better.
HEADLINE = {
    "eval/reward": "↑",
    "eval/region_accuracy": "↑",
    "eval/region_accuracy_area": "↑",
    "eval/region_accuracy_area_3plus": "↑",
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
# The same without a palette: agreement with the one truth is not asked.
UNCONDITIONAL = {
    "eval/palette_distance": "↓",
    "eval/palette_coverage": "↓",
    "eval/diversity": "↑",
    "eval/grouping_ari": "↑",
    "eval/leak": "↓",
    "eval/lpips_alex": "↓",
    "gold/lpips_vgg": "↓",
}
TITLES = {
    "shares": "Given the true palette with its shares",
    "colors": "Given the colours of the true palette",
    "none": "Given no palette",
}
LEADS = "less each rival, with paired 95 % bootstrap intervals over sketches:"
DECIDES = "eval/region_accuracy_area"
LEAD_METRICS = {DECIDES: "↑", "eval/region_accuracy_area_3plus": "↑", "gold/pixel_share": "↑"}
# Of a set in the table of all sets.
SUMMARY = {
    "accuracy by area": "eval/region_accuracy_area",
    "of 3+ colours": "eval/region_accuracy_area_3plus",
    "gold": "gold/pixel_share",
    "ARI": "eval/grouping_ari",
    "leak": "eval/leak",
    "LPIPS-vgg": "gold/lpips_vgg",
    "s/image": "time/image_s",
}
ACROSS = 16  # sketches side by side in samples.png
SHOWN = 8  # sketches on a contact sheet


def table(
    means: Mapping[str, Mapping[str, float | None]], metrics: Mapping[str, str] = HEADLINE
) -> tuple[list[str], list[list[str]]]:
    """Head and rows: ``metrics`` down, contestants across; ``means`` is contestant -> metric ->
    mean."""
    body = [
        [f"{metric} {better}", *(number(mean[metric]) for mean in means.values())]
        for metric, better in metrics.items()
    ]
    return ["metric", *means], body


def leads(
    leads: Mapping[str, Mapping[str, Sequence[float]]], metrics: Mapping[str, str]
) -> tuple[list[str], list[list[str]]]:
    """Head and rows: rivals down, ``metrics`` across; ``leads`` is rival -> metric -> (mean, low,
    high)."""
    head = [f"{metric} {better}" for metric, better in metrics.items()]
    body = [[name, *(interval(lead[m]) for m in metrics)] for name, lead in leads.items()]
    return ["rival", *head], body


def interval(lead: Sequence[float]) -> str:
    mean, low, high = (number(value, "+.3f") for value in lead)
    return f"{mean} [{low}, {high}]"


def sets_table(results: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Head and rows: a row per contestant of each set; ``results`` is set -> its result.json."""
    body = []
    for name, result in results.items():
        body.append([f"{name} ({result['sketches']})", "generator", *_summary(result), ""])
        for rival, lead in result["leads"].items():
            body.append(["", rival, *_summary(result[rival]), interval(lead[DECIDES])])
    return ["set (sketches)", "contestant", *SUMMARY, "generator's lead by area [95 %]"], body


def _summary(mean: Mapping[str, float]) -> list[str]:
    return [number(mean[metric]) for metric in SUMMARY.values()]


def number(value: float | None, form: str = ".3f") -> str:
    """A dash for what is not defined: NaN, which result.json holds as null."""
    return "–" if value is None or math.isnan(value) else format(value, form)


def per_sketch(ids: Sequence[str], columns: Mapping[str, Mapping[str, Tensor]]) -> str:
    """CSV: a row per sketch and contestant; ``columns`` is contestant -> metric -> (M,).

    Times are left out: they are means over all, and the same seed gives the same file.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    metrics = [m for m in next(iter(columns.values())) if not m.startswith("time/")]
    writer.writerow(["sketch", "contestant", *metrics])
    for i, sketch in enumerate(ids):
        for name, values in columns.items():
            writer.writerow([sketch, name, *(f"{float(values[m][i]):.5f}" for m in metrics)])
    return text.getvalue()


def samples(batches: Sequence[SketchBatch], chosen: Sequence[int], images: Tensor) -> list[Strip]:
    """Line art, truth and samples ``images`` (n, m, 3, H, W) of the ``chosen`` m sketches.

    ``ACROSS`` sketches side by side, the others below; colours are shown under the line art.
    """
    line = torch.cat([batch.line for batch in batches])[chosen].cpu()
    truth = torch.cat([b.flats for b in batches if b.flats is not None])[chosen].cpu()
    made = []
    for first in range(0, len(chosen), ACROSS):
        some = slice(first, first + ACROSS)
        made.append(_full("line art", line[some].expand(-1, 3, -1, -1)))
        made.append(_full("truth", truth[some] * line[some]))
        made += [_full(f"{i + 1}", sample[some] * line[some]) for i, sample in enumerate(images)]
    return made


def _full(label: str, pictures: Tensor) -> Strip:
    """A strip of ``ACROSS`` pictures: white ones where there are fewer."""
    missing = pictures.new_ones(ACROSS - len(pictures), *pictures.shape[1:])
    return Strip(label, torch.cat([pictures, missing]))


def strips(
    batches: Sequence[SketchBatch], images: Mapping[str, Tensor], reward: Mapping[str, Tensor]
) -> list[Strip]:
    """Line art, truth, then each contestant's ``images`` (M, 3, H, W) with their ``reward`` (M,).

    Colours are shown under the line art; the sketches are spread evenly over the M of ``batches``.
    """
    line = torch.cat([batch.line for batch in batches])
    truth = torch.cat([batch.flats for batch in batches if batch.flats is not None])
    chosen = spaced(range(len(line)), SHOWN)
    line, truth = line[chosen], truth[chosen]
    made = [Strip("line art", line.expand(-1, 3, -1, -1)), Strip("truth", truth * line)]
    for name, pictures in images.items():
        captions = [f"{r:.2f}" for r in reward[name][chosen].tolist()]
        made.append(Strip(name, pictures[chosen] * line, captions))
    return made
