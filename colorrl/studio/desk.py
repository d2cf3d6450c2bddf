"""What the page asks for at once, as functions of plain values: a page whole, and acts on it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from colorrl.studio import acts, shapes
from colorrl.studio.folder import Folder, is_colored
from colorrl.studio.open_page import OpenPage
from colorrl.studio.painter import paper_of
from colorrl.studio.patch import Patch, Rows

Said = Mapping[str, Any]


class Desk:
    """The acts of a person on the pages of a folder."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def view(self, name: object) -> dict[str, Any]:
        """A page whole, or that it is not coloured."""
        with self.folder.lock:
            job = self.folder.job(name)
            if not is_colored(job):
                return {"page": job.page, "colored": False}
            page = self.folder.page(name)
            rows = {str(region): row for region, row in page.rows.items()}
            height, width = page.ids().shape
            size = {"width": width, "height": height}
            return {"page": job.page, "colored": True, "rows": rows, **size, **_head(page)}

    def act(self, name: object, said: Said) -> dict[str, Any]:
        """Do what is ``said`` on the page; it is on the disk when this returns.

        Raises Stale, Busy, NoPage, OSError, and ValueError for what is no act.
        """
        with self.folder.writing():
            page = self.folder.page(name)
            page.check_version(said.get("version"))
            before, place = page.rows, page.history.version
            others = self._do(page, said)
            changed = _changed(before, page.rows)
            repainted = any(_has_pixels(page, line) for line in page.history.lines[place:])
            answer = {"rows": changed, "others": others, "repainted": repainted, **_head(page)}
            return answer | {"state": asdict(self.folder.state(page.job))}

    def _do(self, page: OpenPage, said: Said) -> int:
        """The act; how many other pages it changed."""
        kind = said.get("act")
        if kind in ("undo", "redo"):
            return self._step(page, str(kind))
        if kind == "color_all" and said.get("scope") == "folder":
            return self._everywhere(page, said)
        page.do(str(kind), _patch(page, kind, said))
        return 0

    def _step(self, page: OpenPage, kind: str) -> int:
        """Undo or redo; an act on the whole folder on every page where it was the last one."""
        place = page.undo() if kind == "undo" else page.redo()
        group = None if place is None else page.history.lines[place].get("group")
        if group is None:
            return 0
        changed = 0
        for other in self._others(page):
            places = other.history.done if kind == "undo" else other.history.undone
            if places and other.history.lines[places[-1]].get("group") == group:
                other.undo() if kind == "undo" else other.redo()
                changed += 1
        return changed

    def _everywhere(self, page: OpenPage, said: Said) -> int:
        group, changed = secrets.token_hex(8), 0
        for other in [page, *self._others(page)]:
            patch = acts.color_all(other.rows, said.get("from"), said.get("colour"))
            other.do("color_all", patch, group)
            changed += other is not page and not patch.empty
        return changed

    def _others(self, page: OpenPage) -> list[OpenPage]:
        """The other coloured pages that can be opened."""
        found = []
        for job in self.folder.jobs().values():
            if job.page != page.job.page and self.folder.state(job).state not in (
                "plain",
                "refused",
            ):
                found.append(self.folder.page(job.page))
        return found


def _patch(page: OpenPage, kind: object, said: Said) -> Patch:
    rows = page.rows
    if kind == "color":
        return acts.color(rows, said.get("regions", ()), said.get("colour"))
    if kind == "color_all":
        return acts.color_all(rows, said.get("from"), said.get("colour"))
    if kind == "lock":
        return acts.lock(rows, said.get("regions", ()), said.get("locked"))
    if kind == "palette":
        before = page.head["palette"]
        return acts.palette(rows, before, said.get("entries"), said.get("follow"))
    if kind == "join" and said.get("stroke") is None:
        return shapes.join(rows, page.ids(), acts.known(rows, said.get("regions")))
    if kind in ("join", "split"):
        stroke = shapes.stroke_of(said.get("stroke"), page.ids().shape)
        if kind == "join":
            return shapes.join(rows, page.ids(), shapes.under(page.ids(), stroke))
        return shapes.split(rows, page.ids(), paper_of(page), stroke)
    raise ValueError(f"there is no act {str(kind)[:40]!r}")


def _head(page: OpenPage) -> dict[str, Any]:
    """What every answer says of the page besides its areas."""
    history = page.history
    names = [history.lines[p[-1]]["act"] if p else None for p in (history.done, history.undone)]
    return {
        "version": page.version,
        "palette": page.head["palette"],
        "notes": page.head["notes"],
        "undo": names[0],
        "redo": names[1],
    }


def _changed(before: Rows, after: Rows) -> dict[str, Any]:
    """The rows that differ, None for those that are gone."""
    ids = before.keys() | after.keys()
    return {str(r): after.get(r) for r in sorted(ids) if before.get(r) != after.get(r)}


def _has_pixels(page: OpenPage, line: Mapping[str, Any]) -> bool:
    return bool(page.history.patch_of(dict(line))[0].pixels)
