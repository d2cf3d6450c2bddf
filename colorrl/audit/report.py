"""An audit's findings as Markdown and as one HTML page with the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from colorrl.audit.finding import Finding
from colorrl.report import page, table
from colorrl.report.sheet import draw_sheet
from colorrl.run.result import write_text


def write_report(
    folder: Path,
    title: str,
    findings: Sequence[Finding],
    verdict: Sequence[str],
    command: str,
) -> None:
    """audit.md, report.html and a contact sheet per finding into ``folder``."""
    text = "\n".join(f"## {f.title}\n\n{f.note}\n\n{markdown(f)}" for f in findings)
    write_text(folder / "audit.md", f"# {title}\n\n{_listed(verdict)}\n{text}")
    sections = []
    for finding in findings:
        sections += [page.heading(finding.title), page.note(finding.note)]
        sections.append(page.table(finding.head, finding.body))
        if finding.strips:
            sheet = folder / f"{finding.name}.png"
            draw_sheet(finding.strips, sheet)
            sections.append(page.picture(sheet, "totals below the pictures"))
    said = [page.note(line) for line in verdict]
    write_text(folder / "report.html", page.page(title, *said, *sections, page.code(command)))


def markdown(finding: Finding) -> str:
    """The finding's table."""
    return table.markdown(finding.head, finding.body)


def _listed(lines: Sequence[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)
