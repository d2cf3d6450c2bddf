"""One page on a run: figures before and after, baselines beside them, pictures, curves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from colorrl.report import contest, page

RULE = "↑ more is better, ↓ less is better."


def before_after(
    folder: Path, result: Mapping[str, Any], evaluated: Mapping[str, Any], baselines: list[str]
) -> str:
    """The HTML page of the reports below ``folder``: evaluate/, coloured/, compare/.

    ``result`` and ``evaluated`` are the result.json of training and of ``colorrl evaluate``;
    ``baselines`` names contestants of the latter.
    """
    curves = folder / "compare" / "curves.png"  # drawn from the second update on
    return page.page(
        "colorrl: flats before and after reinforcement learning",
        page.note(
            f"{result['images']:,} colourings sampled in {result['step']} updates, seed "
            f"{result['seed']}, {result['device']}. Figures are means over "
            f"{evaluated['sketches']} {evaluated['split']} sketches the generator never saw."
        ),
        page.note(alarm(result["hacking"])),
        page.table(["metric", "before", "after", "gain", "95 % interval"], gains(result)),
        page.note(f"{RULE} Intervals: paired bootstrap over sketches."),
        page.heading("Held-out sketches"),
        page.picture(
            folder / "evaluate" / "contact.png",
            "start = before, generator = after; below each picture the reward of that sample",
        ),
        page.heading("A folder of sketches, before and after"),
        page.pairs(colored(folder / "coloured" / "before", folder / "coloured" / "after")),
        page.heading("Baselines"),
        page.table(*contest.table(contestants(evaluated, baselines))),
        page.note(
            f"{RULE} Best of n knows more than a generator does: it lets the reward, and with it "
            "the truth, choose among n samples of the start. Dominant colour and area share are "
            "conditioned, as the generator is, on the palette with its shares."
        ),
        *([page.heading("Learning curves"), page.picture(curves)] if curves.is_file() else []),
        page.code(f"{result['command']}   commit {result['commit']}"),
    )


def alarm(worse: list[str]) -> str:
    """What ``judge.hacking`` found, in words."""
    if not worse:
        return "No held-out metric got worse beyond chance."
    return f"Held-out metrics got worse while the reward rose: {', '.join(worse)}."


def gains(result: Mapping[str, Any]) -> list[list[str]]:
    """A row per metric: before, after, gain and its interval."""
    rows = []
    for metric, better in contest.HEADLINE.items():
        before, after = (contest.number(result[f"{metric}_{part}"]) for part in ("before", "after"))
        gain = contest.number(result[f"{metric}_gain"], "+.3f")
        low, high = (contest.number(end, "+.3f") for end in result[f"{metric}_gain_ci95"])
        rows.append([f"{metric} {better}", before, after, gain, f"{low} .. {high}"])
    return rows


def contestants(
    evaluated: Mapping[str, Any], names: list[str]
) -> dict[str, Mapping[str, float | None]]:
    """Means by contestant: before, after, then ``names``."""
    return {"before": evaluated["start"], "after": evaluated} | {n: evaluated[n] for n in names}


def colored(before: Path, after: Path) -> list[tuple[Path, Path, str]]:
    """Both composites of every page of a coloured folder, and its name."""
    names = sorted(path.relative_to(before) for path in before.rglob("*.composite.png"))
    return [(before / n, after / n, n.as_posix().removesuffix(".composite.png")) for n in names]
