"""The fuzz suite's outcomes as figures and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from colorrl.benchmarks.fuzz_inputs import plan
from colorrl.report.table import markdown

GOOD = ("result", "clear error")
BAD = ("flawed", "unclear error", "exception", "crash", "hang")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input."""

    number: int
    result: str  # one of GOOD or BAD
    said: str = ""  # the error or what is wrong
    seconds: float = 0.0
    peak_mb: float = 0.0  # of the process so far


def figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """bench/fuzz/<outcome>, the longest time and the largest memory."""
    counts = Counter(o.result for o in outcomes)
    values: dict[str, float] = {
        f"bench/fuzz/{name.replace(' ', '_')}": counts[name] for name in (*GOOD, *BAD)
    }
    values["bench/fuzz/inputs"] = len(outcomes)
    values["bench/fuzz/longest_s"] = max(o.seconds for o in outcomes)
    values["bench/fuzz/peak_memory_mb"] = max(o.peak_mb for o in outcomes)
    return values


def page(outcomes: Sequence[Outcome], seed: int) -> str:
    """Markdown: outcomes by kind of input, cost, and each failure with how to see it again."""
    kinds = {o.number: plan(seed, o.number)[0] for o in outcomes}
    counts = Counter((kinds[o.number].kind, o.result) for o in outcomes)
    shown = (*GOOD, *BAD)
    rows = [
        [kind, *(str(counts[kind, result]) for result in shown)]
        for kind in sorted({plan.kind for plan in kinds.values()})
    ]
    rows.append(["all", *(str(sum(o.result == r for o in outcomes)) for r in shown)])
    slow = max(outcomes, key=lambda o: o.seconds)
    peak = max(o.peak_mb for o in outcomes)
    fattest = next(o for o in outcomes if o.peak_mb == peak)
    lines = [
        markdown(["input", *shown], rows),
        f"\nLongest: {slow.seconds:.1f} s ({slow.number}: {kinds[slow.number]}). "
        f"Peak memory of a process: {peak:.0f} MB ({fattest.number}: {kinds[fattest.number]}).\n",
    ]
    for o in outcomes:
        if o.result in BAD:
            again = f"colorrl bench suite=fuzz seed={seed} suite.numbers=[{o.number}]"
            lines.append(f"\n- {o.result}: {o.said}\n  {kinds[o.number]}\n  `{again}`\n")
    return "".join(lines)
