"""Does the truth beat every known cheat, by how much, and on how many sketches?"""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from colorrl.audit.finding import Finding
from colorrl.audit.scoring import Scored, lead, strip
from colorrl.audit.subjects import Subjects
from colorrl.bars import inner_bar
from colorrl.config.schema.audit import BarsConfig
from colorrl.rewards.cheats.given import flats_of, shaded

TRUTH, RENDERED = "truth", "shaded (no cheat)"


def audit_cheats(subjects: Subjects, bars: BarsConfig) -> Finding:
    """The truth, the artist's rendering, then every cheat."""
    scored = {TRUTH: subjects.score(lambda sketch, _: flats_of(sketch), 0)}
    scored[RENDERED] = subjects.score(shaded, 1)
    for i, (name, cheat) in enumerate(inner_bar(subjects.cheats.items(), desc="cheats"), 2):
        scored[name] = subjects.score(cheat, i)
    return Finding(
        name="cheats",
        title="Known cheats",
        note=(
            "Mean of each term and of the total. margin: mean of the truth's total less the "
            f"cheat's, asked for: {bars.margin:g}. below truth: share of sketches on which the "
            f"truth scores strictly higher, asked for: {bars.below:.0%}, of those on which the "
            f"cheat is wrong (less than {bars.right:.0%} of its open pixels, or of those under "
            "ink, within CIEDE2000 5 of the true flats)."
        ),
        head=["", *scored[TRUTH].term, "total", "margin", "wrong on", "below truth"],
        body=[_row(name, one, scored[TRUTH], bars) for name, one in scored.items()],
        figures=_figures(scored, bars),
        failures=failures(scored, bars),
        strips=[strip(name, one) for name, one in scored.items()],
    )


def failures(scored: Mapping[str, Scored], bars: BarsConfig) -> dict[str, str]:
    """What the truth does not beat: cheat -> how far it falls short."""
    found = {}
    for name in _cheats(scored):
        margin, below = margin_of(scored, name), below_of(scored, name, bars.right)
        if not margin >= bars.margin:
            found[name] = f"has a margin of {margin:.3f}, not {bars.margin:g}"
        elif below < bars.below:
            found[name] = (
                f"loses on {below:.1%} of the sketches it is wrong on, not {bars.below:.1%}"
            )
    return found


def _cheats(scored: Mapping[str, Scored]) -> list[str]:
    return [name for name in scored if name not in (TRUTH, RENDERED)]


def margin_of(scored: Mapping[str, Scored], name: str) -> float:
    """Mean of the truth's total less that of ``name``."""
    return float((scored[TRUTH].total - scored[name].total).mean())


def below_of(scored: Mapping[str, Scored], name: str, right: float) -> float:
    """Share of sketches on which ``name`` loses, of those it is wrong on; NaN if there is none."""
    wrong: Tensor = scored[name].right < right
    return float(lead(scored[TRUTH], scored[name])[wrong].float().mean())


def _row(name: str, one: Scored, truth: Scored, bars: BarsConfig) -> list[str]:
    scored = {TRUTH: truth, name: one}
    means = [float(value.mean()) for value in [*one.term.values(), one.total]]
    below = below_of(scored, name, bars.right)
    return [
        name,
        *(f"{mean:.3f}" for mean in means),
        f"{margin_of(scored, name):.3f}",
        f"{(one.right < bars.right).float().mean():.0%}",
        "–" if math.isnan(below) else f"{below:.1%}",
    ]


def _figures(scored: Mapping[str, Scored], bars: BarsConfig) -> dict[str, float]:
    values = {"margin_min": min(margin_of(scored, name) for name in _cheats(scored))}
    for label, one in scored.items():
        name = label.split()[0]
        values |= {
            f"{name}/total": float(one.total.mean()),
            f"{name}/margin": margin_of(scored, label),
            f"{name}/below_truth": below_of(scored, label, bars.right),
            f"{name}/wrong_on": float((one.right < bars.right).float().mean()),
        }
        values |= {f"{name}/{term}": float(value.mean()) for term, value in one.term.items()}
    return values
