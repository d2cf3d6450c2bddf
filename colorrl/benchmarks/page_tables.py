"""The figures of the pages suite, its table, and the bars that it holds them to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from colorrl.benchmarks.footprint import Footprint
from colorrl.benchmarks.page_contest import Contest
from colorrl.report.table import markdown


@dataclass(frozen=True, slots=True)
class Folder:
    """What colouring a folder cost."""

    pages: int
    megapixels: float  # of all pages
    at_once: float  # megapixels of the largest pages, one for each process
    cost: Footprint


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table, and the bar it is held to."""

    title: str
    digits: int
    most: float | None = None
    least: float | None = None


# the bars are those of a folder of 200 pages of 1,024 to 4,096 px on two cores
ROWS = {
    "bench/folder/pages": Figure("pages of the folder", 0),
    "bench/folder/megapixels": Figure("megapixels", 0),
    "bench/folder/s_per_mp": Figure("wall seconds a megapixel", 3, most=0.8),
    "bench/folder/processor_s_per_mp": Figure("processor seconds a megapixel", 3),
    "bench/folder/peak_gb": Figure("GB of all processes at the peak", 2, most=3.0),
    "bench/folder/peak_mb_per_mp": Figure("MB at the peak for each MP at work", 0, most=120),
    "bench/contest/pages": Figure("pages of the contest", 0),
    "bench/contest/ours_s": Figure("ours, processor seconds a page", 3),
    "bench/contest/start_s": Figure("processor seconds before the first page", 2),
    "bench/contest/gmic_s": Figure("G'MIC, processor seconds a page", 3),
    "bench/contest/times_faster": Figure("times faster than G'MIC", 1, least=2.0),
    "bench/contest/ours_are": Figure("ours, adapted Rand error", 4),
    "bench/contest/gmic_are": Figure("G'MIC, adapted Rand error", 4),
    "bench/check/pages": Figure("pages checked", 0),
    "bench/check/faults": Figure("faults found", 0, most=0),
}


def figures(folder: Folder, contest: Contest, checked: int, wrong: Sequence[str]) -> dict[str, Any]:
    """bench/folder/*, bench/contest/* and bench/check/*."""
    values: dict[str, Any] = {
        "bench/folder/pages": folder.pages,
        "bench/folder/megapixels": folder.megapixels,
        "bench/folder/s_per_mp": folder.cost.wall_s / folder.megapixels,
        "bench/folder/processor_s_per_mp": folder.cost.processor_s / folder.megapixels,
        "bench/folder/peak_gb": folder.cost.peak_mb / 1000,
        "bench/folder/peak_mb_per_mp": folder.cost.peak_mb / folder.at_once,
        "bench/contest/pages": len(contest.ours_are),
        "bench/contest/ours_s": contest.ours_s,
        "bench/contest/start_s": contest.start_s,
        "bench/contest/ours_are": fmean(contest.ours_are),
        "bench/check/pages": checked,
        "bench/check/faults": len(wrong),
    }
    if contest.gmic_s:
        values["bench/contest/gmic_s"] = fmean(contest.gmic_s)
        values["bench/contest/gmic_are"] = fmean(contest.gmic_are)
        values["bench/contest/times_faster"] = fmean(contest.gmic_s) / contest.ours_s
    return values


def page(values: Mapping[str, Any], wrong: Sequence[str]) -> str:
    """Markdown: a row for each figure with its bar, then what is not exact."""
    rows = [
        [row.title, f"{values[name]:.{row.digits}f}", _bar(row)]
        for name, row in ROWS.items()
        if name in values
    ]
    absent = "" if "bench/contest/gmic_s" in values else "\nG'MIC is not installed here: skipped\n"
    return markdown(["", "measured", "bar"], rows) + absent + "".join(f"\n{w}\n" for w in wrong)


def missed(values: Mapping[str, Any], wrong: Sequence[str]) -> tuple[str, ...]:
    """A sentence for each bar that is not reached."""
    short = [
        f"{row.title}: {values[name]:.{row.digits}f}, the bar is {_bar(row)}"
        for name, row in ROWS.items()
        if name in values and not _holds(values[name], row)
    ]
    ahead = values.get("bench/contest/gmic_are", 1.0) > values["bench/contest/ours_are"]
    return (*short, *([] if ahead else ["G'MIC is ahead in adapted Rand error"]), *wrong[:5])


def _holds(value: float, row: Figure) -> bool:
    return (row.most is None or value <= row.most) and (row.least is None or value >= row.least)


def _bar(row: Figure) -> str:
    if row.most is not None:
        return f"at most {row.most:g}"
    return "" if row.least is None else f"at least {row.least:g}"
