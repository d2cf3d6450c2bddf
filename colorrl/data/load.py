"""The sketches that a verb needs; an error names what is missing."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from colorrl.config.schema.data import DataConfig
from colorrl.data.draw import Drawn, Pool, PoolOf, by_drawing
from colorrl.data.drawings import read_drawings
from colorrl.data.pairs import load_split, prepared_folder, variants
from colorrl.data.palette_condition import condition_palette
from colorrl.data.preparation.manifest import read_manifest
from colorrl.data.preparation.split import share_of
from colorrl.data.sets.code_points import leaked
from colorrl.data.token_rows import Drawing
from colorrl.errors import UserError
from colorrl.spaced import spaced
from colorrl.types import Sketch

FEW = 20  # held-out drawings, below which intervals are wider than the gains that runs bring
log = logging.getLogger(__name__)


def load_sketches(
    data: DataConfig, split: str, size: int, limit: int | None = None
) -> list[Sketch]:
    """The sketches of ``split`` of the set that ``data`` names, or of all sets of a mixture.

    At ``size`` px, ``limit`` of them evenly spaced. Raises UserError, with the command that mends
    it, for a set that is not prepared or damaged, and where no sketch is left. Warns of held-out
    sketches that are too few to judge by.
    """
    prepared(data, size)
    sketches = [s for name in names_of(data) for s in load_set(data, name, split, size)]
    if not (found := spaced(sketches, limit)):
        raise UserError(f"{limit} sketches of {split} are too few: give 1 or more, or null for all")
    if split != "train" and len(found) == len(sketches) < FEW:
        log.warning("data=%s: %s", data.name, few(len(found), split))
    return found


def few(n: int, split: str) -> str:
    """A warning that ``n`` drawings of ``split`` are under FEW, with the remedy."""
    return (
        f"{n} drawings in {split} cannot show whether a gain is more than chance (under {FEW}); "
        "the command that prepared them holds out more with split.held_out=0.3 force=true"
    )


def load_pools(data: DataConfig, size: int) -> list[Pool]:
    """The ``part`` of the train split to draw from: a pool for each set of ``data``, by drawing.

    Raises UserError as `load_sketches`, for a set without colours (it has nothing to learn) and for
    a part without drawings, and for emoji sets of which one trains on what another holds out.
    """
    refuse_leaks(data, size)
    sets = {name: load_set(data, name, "train", size) for name in names_of(data)}
    for name, sketches in sets.items():
        if sketches[0].palette is None:
            raise UserError(
                f"data={name} is line art without colours: training needs pairs; prepare it with "
                "data.reader.colours=FOLDER"
            )
    declared = variants_of(data, size)
    return [
        Pool(part_of(by_drawing(found, declared), data), weight_of(data, name))
        for name, found in sets.items()
    ]


def load_drawing_pools(data: DataConfig, size: int) -> list[PoolOf[Drawing]]:
    """As `load_pools`, of drawings without pictures of their colours."""
    refuse_leaks(data, size)
    try:
        sets = {name: read_drawings(data.root / name, "train", size) for name in names_of(data)}
    except (FileNotFoundError, ValueError) as fault:
        raise UserError(str(fault)) from fault
    declared = variants_of(data, size)
    return [
        PoolOf(part_of(by_drawing(found, declared), data), weight_of(data, name))
        for name, found in sets.items()
    ]


def variants_of(data: DataConfig, size: int) -> dict[str, str]:
    """The variants in the sets behind ``data``, and the drawing that each is one of."""
    return {
        variant: drawing
        for name in names_of(data)
        for variant, drawing in variants(data.root / name, size).items()
    }


def weight_of(data: DataConfig, name: str) -> float:
    """How often the set ``name`` is drawn from."""
    return data.sets[name] if data.sets else 1.0


def refuse_leaks(data: DataConfig, size: int) -> None:
    """Raises UserError if an emoji set of a mixture trains on a code point that another holds out.

    Sets are dealt alike, but one that was prepared before OpenMoji's split changed is not.
    """
    folders = prepared(data, size)
    try:
        found = leaked({n: read_manifest(f / "manifest.jsonl") for n, f in folders.items()})
    except (FileNotFoundError, ValueError) as fault:
        raise UserError(str(fault)) from fault
    if found:
        base, (name, *_) = next(iter(found.items()))
        raise UserError(
            f"data={name} trains on U+{base}, which another set of data={data.name} holds out "
            f"({len(found)} such code points); prepare them all again, openmoji first: "
            f"colorrl prepare data={name} data.root={data.root} data.size={folders[name].name}"
        )


def prepared(data: DataConfig, size: int) -> dict[str, Path]:
    """The prepared folder of each set of a mixture, found before the first one is read.

    Raises UserError, with the command that mends it, for one that is not there.
    """
    try:
        return {name: prepared_folder(data.root / name, size) for name in data.sets}
    except (FileNotFoundError, ValueError) as fault:
        raise UserError(str(fault)) from fault


def part_of(groups: list[list[Drawn]], data: DataConfig) -> list[list[Drawn]]:
    """The ``groups`` of one drawing each whose name hashes into ``data.part``.

    Whatever a drawing's set, it falls on the same side at every run. Raises UserError for a part
    that is no part of [0, 1] or holds none of them.
    """
    first, last = data.part if len(data.part) == 2 else (1.0, 0.0)
    if not 0 <= first < last <= 1:
        raise UserError(f"data.part={data.part}: give [from, to] with 0 <= from < to <= 1")
    found = [g for g in groups if first <= share_of(g[0].id, data.seed) < last]
    if not found:
        raise UserError(f"data.part={data.part}: none of the {len(groups)} train drawings")
    return found


def names_of(data: DataConfig) -> list[str]:
    """The sets behind ``data``."""
    return list(data.sets) or [data.name]


def load_set(data: DataConfig, name: str, split: str, size: int) -> list[Sketch]:
    """All sketches of ``split`` of one set below ``data.root``. Raises UserError."""
    try:
        found = load_split(data.root / name, split, size)
    except (FileNotFoundError, ValueError) as fault:
        raise UserError(str(fault)) from fault
    conditioned = (
        s if s.palette is None else condition_palette(s, data.palette_condition) for s in found
    )
    return [replace(s, rendering=data.rendering) for s in conditioned]
