"""The comparison as a table: terminal, Markdown, CSV."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from unicodedata import east_asian_width

from colorrl.report.groups import Figure, Group, paired
from colorrl.run.folder import verb_of

# What a run is judged by, in this order; the CSV has the rest too.
HEADLINES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(eval/reward(_gain)?|reward/total)$",
        r"gold/\w+?(?<!_before)(?<!_after)$",
        r"eval/(?!reward)\w+?(?<!_before)(?<!_after)(?<!_gain)$",
        r"reward/(?!total$)",
    )
)
HEAD = ("metric", "group", "seeds", "mean", "std", "ci95", "difference", "difference_ci95")


def headline_metrics(groups: Sequence[Group]) -> list[str]:
    """Metrics to show: held-out reward, gold, held-out metrics, the training reward's terms."""
    names = dict.fromkeys(name for group in groups for name in group.figures)
    ranked = [name for pattern in HEADLINES for name in names if pattern.match(name)]
    return ranked or list(names)


def rows(groups: Sequence[Group], metrics: Sequence[str]) -> list[list[str]]:
    """A row per metric, a cell per group: ``mean ± ci95`` and the paired step from the first."""
    made = []
    for metric in metrics:
        cells = [_cell(group.figures.get(metric), group, groups[0], metric) for group in groups]
        made.append([metric, *cells])
    return made


def heading(groups: Sequence[Group]) -> list[str]:
    """The metric, then each group with its seeds, and its verb where these differ."""
    verbs = [verb_of(group.runs[0].config) for group in groups]
    several = len({verb for g, verb in zip(groups, verbs, strict=True) if g.runs[0].config}) > 1
    made = []
    for group, verb in zip(groups, verbs, strict=True):
        n = len(group.runs)
        made.append(
            f"{group.label} ({f'{verb}, ' if several else ''}{n} seed{'s' if n > 1 else ''})"
        )
    return ["metric", *made]


def text(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Columns aligned for a terminal."""
    widths = [max(_width(row[i]) for row in [head, *body]) for i in range(len(head))]
    rule = ["─" * width for width in widths]
    lines = []
    for row in [head, rule, *body]:
        cells = [c + " " * (w - _width(c)) for c, w in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Figures stand to the right of their columns, names in the first to the left."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *body]
    return "".join(f"| {' | '.join(c.replace('|', '/') for c in row)} |\n" for row in lines)


def comma_separated(groups: Sequence[Group]) -> str:
    """Every metric of every group, one row each, full precision."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for group in groups:
        for metric, figure in group.figures.items():
            step = paired(group, groups[0], metric) if group is not groups[0] else None
            tail = [step.mean, step.ci95] if step else ["", ""]
            cells = [_blank(v) for v in (figure.mean, figure.std, figure.ci95)]
            writer.writerow([metric, group.label, figure.n, *cells, *tail])
    return out.getvalue()


def _cell(figure: Figure | None, group: Group, first: Group, metric: str) -> str:
    if figure is None:
        return "–"
    shown = _number(figure.mean)
    if figure.n > 1:
        shown += f" ± {_number(figure.ci95)}"
    step = paired(group, first, metric) if group is not first else None
    return shown + (f"  ({step.mean:+.3g} ± {_number(step.ci95)})" if step else "")


def _number(value: float) -> str:
    if 1e-12 < abs(value) < 1e-3:
        return f"{value:.2e}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.4g}"


def _blank(value: float) -> float | str:
    return "" if math.isnan(value) else value


def _width(cell: str) -> int:
    """Columns on a terminal: Hangul, kana and Han take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in cell)
