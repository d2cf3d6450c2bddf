"""review.html: the pages of a coloured folder, those whose colours are least sure first."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from colorrl.report import page

TITLE = "Review of coloured pages"
PICTURES = (".thumbnail.jpg", ".composite.png", ".flats.png")  # the first that there is
UNSURE = 0.5  # below it a region's colour is as likely to be another

CONFIDENCE = (
    "Confidence: the share of the other samples of a page that give a region the same colour, a "
    "mean over the painted area."
)
OTHERS = (
    "In the output from an earlier run or another shard: the last run neither made these pages nor "
    "found them done with its input and settings."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One page."""

    name: str
    files: list[str]  # paths from the review, the picture at full size first
    sure: float | None  # mean confidence of its painted area in [0, 1]; None = not measured
    painted: int  # regions
    unsure: int  # of them, those below UNSURE
    notes: tuple[tuple[str, str], ...] = ()  # kind and text of what a person should know


def row(
    name: str, files: Sequence[str], regions: bytes | None, notes: Sequence[Sequence[str]] = ()
) -> Row:
    """The row of page ``name`` with ``files``, its regions.json where there is one, its notes."""
    known = tuple((kind, said) for kind, said in notes)
    files = sorted(files, key=lambda file: (not file.endswith(".composite.png"), file))
    if regions is None:
        return Row(name, files, None, 0, 0, known)
    page_file = json.loads(regions)
    painted = [r for r in page_file["regions"].values() if r["colour"] is not None]
    area = sum(r["area"] for r in painted)
    sure = sum(r["area"] * r["confidence"] for r in painted) / area if area else 1.0
    unsure = sum(r["confidence"] < UNSURE for r in painted)
    if not known:  # of a page that an earlier version coloured
        known = tuple(("page", said) for said in page_file["notes"])
    return Row(name, files, sure, len(painted), unsure, known)


def review(rows: Sequence[Row], failed: Mapping[str, str], checked: Collection[str]) -> str:
    """The page. Of the run that writes it ``failed``: page -> reason, and ``checked``: the pages
    that it made or found done; those of other runs stand apart."""
    ours = [r for r in rows if r.name in checked]
    others = sorted((r for r in rows if r.name not in checked), key=lambda r: r.name)
    measured = sorted((r for r in ours if r.sure is not None), key=lambda r: (r.sure, r.name))
    unmeasured = sorted((r for r in ours if r.sure is None), key=lambda r: r.name)
    sections = [page.note(f"Pages of the last run: {len(ours)}. {CONFIDENCE}")]
    if failed:
        table = page.table(["page", "reason"], [[n, why] for n, why in failed.items()])
        sections += [page.heading("Failed in the last run"), table]
    if measured:
        sections += [page.heading("By confidence, the lowest first"), _cards(measured)]
    if unmeasured:
        how = "Not measured: colour with export=[regions,..] to have it."
        sections += [page.heading("Without confidence"), page.note(how), _cards(unmeasured)]
    if others:
        sections += [page.heading("From other runs"), page.note(OTHERS), _cards(others)]
    return page.page(TITLE, *sections)


def _cards(rows: Sequence[Row]) -> str:
    return page.cards([(_picture(r), r.files, _caption(r)) for r in rows])


def _picture(found: Row) -> str | None:
    endings = (f for ending in PICTURES for f in found.files if f.endswith(ending))
    return next(endings, None)


def _caption(found: Row) -> str:
    said = [note for _, note in found.notes]
    if found.sure is None:
        return ". ".join([found.name, *said])
    sure = f"{found.name}: {found.sure:.2f}, {found.unsure} of {found.painted} regions unsure"
    return ". ".join([sure, *said])
