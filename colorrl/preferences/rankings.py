"""Rankings on disk: questions, the pictures they show, and the answers given so far.

    FOLDER/rankings.jsonl   one Question a line, in the order they are asked
    FOLDER/images/          their line art and colourings as PNG
    FOLDER/config.yaml      what made them

The file is rewritten whole and renamed at each answer, so that a kill leaves the one before or
the new one. A folder needs no data set beside it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorrl.errors import UserError
from colorrl.run.result import write_text

FILE = "rankings.jsonl"


@dataclass(frozen=True, slots=True)
class Question:
    """K colourings of one line art, and their order once it is known."""

    id: str
    sketch: str  # id in its data set
    line: str  # PNG of the line art, below the folder
    regions: str  # 16-bit PNG of its regions' labels, 0 = ink, below the folder
    colourings: tuple[str, ...]  # PNGs of the K flats, below the folder
    palette: tuple[str, ...]  # what the generator was given, #rrggbb; empty = nothing
    share: tuple[float, ...]  # area share of each palette colour
    order: tuple[int, ...] | None = None  # places in colourings, best first; () = passed over
    by: str | None = None  # who answered

    @property
    def ranked(self) -> bool:
        return bool(self.order)


def read_rankings(folder: Path) -> list[Question]:
    """The questions in ``folder``. UserError names the file, the line and what is wrong."""
    path = folder / FILE
    if not path.is_file():
        raise UserError(f"no {path}: make rankings with: colorrl prefer output={folder}")
    lines = path.read_text(encoding="utf-8").splitlines()
    questions = [_question(text, f"{path}, line {i}") for i, text in enumerate(lines, 1)]
    if not questions:
        raise UserError(f"{path} is empty: remove {folder} and make it again with colorrl prefer")
    for missing in (p for q in questions for p in (q.line, q.regions, *q.colourings)):
        if not (folder / missing).is_file():
            raise UserError(f"{path} shows {missing}, which is not in {folder}: copy it again")
    return questions


def write_rankings(folder: Path, questions: Sequence[Question]) -> None:
    """All of ``questions``, whole or not at all."""
    lines = (json.dumps(dataclasses.asdict(q), ensure_ascii=False) + "\n" for q in questions)
    write_text(folder / FILE, "".join(lines))


def check_order(question: Question, order: Any) -> tuple[int, ...]:
    """``order`` if it ranks every colouring once, or is empty. Raises ValueError."""
    if not isinstance(order, list | tuple) or not all(type(place) is int for place in order):
        raise ValueError(f"the order {order!r} is not a list of places")
    if order and sorted(order) != list(range(len(question.colourings))):
        n = len(question.colourings)
        raise ValueError(f"the order {list(order)} does not name each of 0 to {n - 1} once")
    return tuple(order)


def _question(text: str, where: str) -> Question:
    try:
        values: dict[str, Any] = json.loads(text)
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        made = Question(**values)
        if len(made.palette) != len(made.share) or len(made.colourings) < 2:
            raise ValueError("a palette without shares, or fewer than two colourings")
        if made.order is not None:
            check_order(made, made.order)
    except (ValueError, TypeError, AttributeError) as fault:
        raise UserError(
            f"{where} is not a ranking: {fault}. Make the folder again with colorrl prefer"
        ) from None
    return made
