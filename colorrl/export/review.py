"""What the review of an output folder shows, gathered from its journal."""

from __future__ import annotations

import json
from typing import Any

from colorrl.export import journal, regions
from colorrl.export.stores import store_of
from colorrl.export.summary import one_line
from colorrl.report.review import Row, row

NAME = "review.html"
# what a state or a regions.json raises that was damaged or moved away by hand
DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError)


def rows(output: str) -> list[Row]:
    """A row for each page that is done in ``output``, a folder or URL, in whatever run."""
    fs, root = store_of(output)
    states = fs.find(f"{root}/{journal.NAME}") if fs.exists(f"{root}/{journal.NAME}") else []
    found = (_row(fs, root, path) for path in sorted(states) if path.endswith(".json"))
    return [made for made in found if made is not None]


def _row(fs: Any, root: str, path: str) -> Row | None:
    try:
        state = journal.Entry(**json.loads(fs.cat_file(path)))
        made = state.made or {}
        if not made or journal.BEING_WRITTEN in made.values():
            return None
        record = next((name for name in made if name.endswith(regions.JSON)), None)
        colors = None if record is None else fs.cat_file(f"{root}/{record}")
        return row(one_line(state.page), list(made), colors, state.notes)
    except DAMAGED:
        return None
