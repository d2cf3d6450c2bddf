"""Rankings that a person gives, one question after another; the page is studio/ranking.py."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from colorrl.preferences.rankings import Question, check_order, read_rankings, write_rankings


class Labeling:
    """The questions of a folder and the answers so far; each is written before it is sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.questions = read_rankings(folder)
        self.shown = {p for q in self.questions for p in (q.line, *q.colourings)}
        self._lock = threading.Lock()

    def state(self) -> dict[str, Any]:
        """What the page shows: progress, and the first open question if there is one."""
        done = [q.order is not None for q in self.questions]
        answer: dict[str, Any] = {"done": sum(done), "of": len(done)}
        if all(done):
            return answer
        question = self.questions[done.index(False)]
        return answer | {
            "id": question.id,
            "line": question.line,
            "colourings": question.colourings,
            "palette": question.palette,
        }

    def answer(self, name: object, order: Any) -> None:
        """Raises ValueError for a question that does not exist, and an order that is none."""
        places = [i for i, q in enumerate(self.questions) if q.id == name]
        if not places:
            raise ValueError(f"there is no question {name!r}")
        question = self.questions[places[0]]
        self._write(places[0], replace(question, order=check_order(question, order), by="person"))

    def undo(self) -> None:
        """Open the last answered question before the one that is shown; none if it is the first."""
        done = [q.order is not None for q in self.questions]
        place = (done.index(False) if not all(done) else len(done)) - 1
        if place >= 0:
            self._write(place, replace(self.questions[place], order=None, by=None))

    def _write(self, place: int, question: Question) -> None:
        with self._lock:
            changed = [*self.questions]
            changed[place] = question
            write_rankings(self.folder, changed)
            self.questions = changed
