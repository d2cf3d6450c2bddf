"""The sketches that a verb is asked for; what is missing is told to the person."""

from __future__ import annotations

from colorrl.config import DataConfig, UserError
from colorrl.data.pairs import load_split
from colorrl.types import Sketch


def load_sketches(
    data: DataConfig, split: str, size: int, limit: int | None = None
) -> list[Sketch]:
    """``load_split`` of the set that ``data`` names, at ``size`` px.

    Raises UserError, with the command that mends it, for a set that is not prepared or damaged,
    and where no sketch is left.
    """
    try:
        sketches = load_split(data.root / data.name, split, size, limit)
    except (FileNotFoundError, ValueError) as fault:
        raise UserError(str(fault)) from fault
    if not sketches:
        raise UserError(f"{limit} sketches of {split} are none: give 1 or more, or null for all")
    return sketches
