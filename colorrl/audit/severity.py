"""Does each graded corruption score below the truth, and in order of its severity?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from torch import Tensor

from colorrl.audit.finding import Finding
from colorrl.audit.scoring import TIE, Scored, lead, strip
from colorrl.audit.subjects import Subjects
from colorrl.bars import inner_bar
from colorrl.config.schema.audit import BarsConfig
from colorrl.rewards.cheats.given import flats_of
from colorrl.rewards.corruptions import CORRUPTIONS, Series

KEY = 1000  # apart from the cheats' keys
ROUNDING = 1e-5  # of a mean of fp32 totals: behind shut gates all are near 0, and still in order


def audit_corruptions(subjects: Subjects, bars: BarsConfig) -> Finding:
    """Every series at every level. Sketches that its last level leaves as they are do not count."""
    truth = subjects.score(lambda sketch, _: flats_of(sketch), 0)
    steps = {
        name: [_level(subjects, series, level, KEY + i) for level in series.levels]
        for i, (name, series) in enumerate(inner_bar(subjects.corruptions.items(), desc="spoil"))
    }
    return Finding(
        name="corruptions",
        title="Graded corruptions",
        note=(
            "Mean total at each level, mildest first, over the sketches that the corruption "
            "changes; asked for: every step strictly below the one before, the first below the "
            "truth. below truth: share of sketches on which the mildest level scores strictly "
            "less than the truth."
        ),
        head=["", "levels", "truth", "totals", "sketches", "below truth"],
        body=[_row(name, truth, found) for name, found in steps.items()],
        figures=_figures(truth, steps),
        failures=failures(truth, steps, bars),
        strips=[
            strip(f"{name} {level:g}", one)
            for name, found in steps.items()
            for level, one in zip(CORRUPTIONS[name].levels, found, strict=True)
        ],
    )


def means(truth: Scored, steps: Sequence[Scored]) -> list[float]:
    """Mean totals of the truth and of each level, over the sketches that the last one changes."""
    changed = _changed(steps)
    return [float(one.total[changed].mean()) for one in [truth, *steps]]


def failures(
    truth: Scored, steps: Mapping[str, Sequence[Scored]], bars: BarsConfig
) -> dict[str, str]:
    """Series that do not fall step by step, starting at the truth."""
    totals = {name: means(truth, found) for name, found in steps.items() if _changed(found).any()}
    return {
        name: f"does not fall: {_listed(falling)}"
        for name, falling in totals.items()
        if not falls(falling, bars.may_tie)
    }


def falls(totals: Sequence[float], may_tie: bool) -> bool:
    """Whether ``totals``, the truth's first, fall strictly; after the first step they may tie."""
    first, *rest = (a - b for a, b in pairwise(totals))
    return first > TIE and all(step >= -ROUNDING if may_tie else step > ROUNDING for step in rest)


def _level(subjects: Subjects, series: Series, level: float, key: int) -> Scored:
    # One key for all levels: a higher one then spoils the same pixels and regions, and more.
    return subjects.score(lambda sketch, draw: series.spoil(sketch, level, draw), key)


def _changed(steps: Sequence[Scored]) -> Tensor:
    return steps[-1].right < 1


def _row(name: str, truth: Scored, steps: Sequence[Scored]) -> list[str]:
    series, (best, *totals) = CORRUPTIONS[name], means(truth, steps)
    changed = _changed(steps)
    return [
        name,
        f"{', '.join(f'{level:g}' for level in series.levels)} {series.unit}",
        f"{best:.3f}",
        _listed(totals),
        str(int(changed.sum())),
        f"{lead(truth, steps[0])[changed].float().mean():.1%}",
    ]


def _figures(truth: Scored, steps: dict[str, list[Scored]]) -> dict[str, float]:
    values = {}
    for name, found in steps.items():
        for level, total in zip(CORRUPTIONS[name].levels, means(truth, found)[1:], strict=True):
            values[f"{name}/{level:g}/total"] = total
    return values


def _listed(totals: Sequence[float]) -> str:
    return " > ".join(f"{total:.3f}" for total in totals)
