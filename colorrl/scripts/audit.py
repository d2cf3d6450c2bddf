"""`colorrl audit`: can a reward be bought? Every part scores at the final tolerances.

Known cheats must score well below the truth, corruptions in order of their severity, the same
picture alike at twice the resolution; in a group of samples no cheat may be encouraged; and what
climbs the reward's own gradient must end at the truth or stay far below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hydra.utils import instantiate

from colorrl.audit.ascent import STARTS, audit_ascent
from colorrl.audit.finding import Finding, excused
from colorrl.audit.groups import SAMPLES, audit_groups
from colorrl.audit.margins import audit_cheats
from colorrl.audit.report import markdown, write_report
from colorrl.audit.resolution import audit_resolution, without_lpips
from colorrl.audit.search import PAIRS, audit_search
from colorrl.audit.severity import audit_corruptions
from colorrl.audit.subjects import load, make_subjects, spaced
from colorrl.config.schema.audit import AuditConfig
from colorrl.config.typed import near_miss
from colorrl.device import pick_device
from colorrl.errors import UserError
from colorrl.rewards.cheats import CHEATS
from colorrl.rewards.cheats.edits import EDITS
from colorrl.rewards.corruptions import CORRUPTIONS
from colorrl.run.identity import command
from colorrl.run.result import write_result
from colorrl.types import Sketch


def main(cfg: AuditConfig) -> None:
    """Tables on the terminal, Markdown and HTML, result.json. UserError where a bar is missed."""
    check_names(cfg.bars.cannot_tell)
    sketches = load(cfg)
    findings = []
    for finding in audit(cfg, sketches):
        print(f"\n{finding.title}. {finding.note}\n\n{markdown(finding)}", flush=True)
        findings.append(finding)
    missed, blind = excused(findings, cfg.bars.cannot_tell)
    n = f"{len(sketches)} sketches of {' and '.join(cfg.split)}, recoloured copies among them"
    verdict = [n, *(f"missed: {m}" for m in missed), *(f"cannot tell: {b}" for b in blind)]
    write_report(cfg.output, "colorrl audit", findings, verdict, command())
    figures = {f"audit/{key}": value for f in findings for key, value in f.figures.items()}
    listed = {"sketches": len(sketches), "missed": missed, "cannot_tell": blind}
    write_result(cfg.output / "result.json", figures | listed, cfg)
    print("\n".join([*verdict, f"pictures: {cfg.output / 'report.html'}"]))
    if missed:
        raise UserError("this reward misses its bars:\n  " + "\n  ".join(missed))


def audit(cfg: AuditConfig, sketches: Sequence[Sketch]) -> Iterator[Finding]:
    """The parts that ``cfg`` asks for, one after the other."""
    device, reward = pick_device(cfg.device), instantiate(cfg.reward)
    bare = instantiate(without_lpips(cfg.reward))
    if reward.region_exact and cfg.ascent.steps:
        raise UserError(
            "ascent.steps moves pixels, and this reward is for generators that paint regions: "
            "set ascent.steps=0"
        )
    subjects = make_subjects(reward, sketches, cfg.seed, device)
    yield audit_cheats(subjects, cfg.bars)
    yield audit_corruptions(subjects, cfg.bars)
    if cfg.resolution.sketches:
        some = spaced(sketches, cfg.resolution.sketches)
        subjects = make_subjects(bare, some, cfg.seed, device)
        yield audit_resolution(subjects, some, cfg.bars)
    if cfg.groups.sketches:
        some = spaced(sketches, cfg.groups.sketches)
        yield audit_groups(make_subjects(reward, some, cfg.seed, device), cfg.bars, cfg.groups)
    if cfg.search.evaluations:
        some = spaced(sketches, cfg.search.sketches)
        subjects = make_subjects(reward, some, cfg.seed, device)
        yield audit_search(subjects, cfg.bars, cfg.search)
    if cfg.ascent.steps:
        some = spaced(sketches, cfg.ascent.sketches)
        subjects = make_subjects(reward, some, cfg.seed, device)
        yield audit_ascent(subjects, bare, cfg.bars, cfg.ascent)


def check_names(cannot_tell: dict[str, str]) -> None:
    """UserError for what no part of the audit can miss by that name."""
    searched = [f"search_{edit}" for edit in [*EDITS, PAIRS]]
    climbed = [f"ascent_{start}" for start in STARTS]
    known = [*CHEATS, *CORRUPTIONS, SAMPLES, *searched, *climbed]
    for name in cannot_tell:
        if name not in known:
            raise UserError(
                f"bars.cannot_tell names '{name}', which is no cheat, no corruption, no edit "
                f"of the search and no ascent{near_miss(name, known)}"
            )
