"""`colorrl bench suite=bubbles`: are speech bubbles found, and nothing else?

Recall and precision on comic pages with drawn bubbles, and the painted area of drawings without any
that the rule would leave blank. Held-out drawings of OpenMoji and DiceBear stand in the panels.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorrl.benchmarks.bubble_pages import Comic, comic
from colorrl.benchmarks.report import Report
from colorrl.data.preparation.manifest import read_manifest
from colorrl.data.sets.dicebear_character import Character
from colorrl.data.sets.dicebear_character import render as render_character
from colorrl.data.sets.openmoji import OpenMoji
from colorrl.data.source import Pixels
from colorrl.pages.constraints.bubbles import bubbles, gutters
from colorrl.parallel import parallel_map
from colorrl.regions.segment import segment
from colorrl.seeding import seed_of
from colorrl.spaced import spaced

PANELS = 4


@dataclass(frozen=True, slots=True)
class BubbleSuite:
    """The benchmark; call it to run it."""

    name: str
    root: Path  # folder of the prepared sets' manifests
    pages: int  # with bubbles
    drawings: int  # without, of each set
    height: int  # px of a page
    width: int
    size: int  # px of a drawing without bubbles
    min_recall: float
    min_precision: float
    max_lost: float  # share of the painted area of drawings without bubbles
    seed: int
    workers: int
    limit: int | None  # pages, and drawings of each set; None = all

    def __call__(self) -> Report:
        n, m = (
            k if self.limit is None else min(k, self.limit) for k in (self.pages, self.drawings)
        )
        run = partial(parallel_map, workers=self.workers, unit="page")
        held = {name: held_out(Path(self.root), name) for name in ("openmoji", "dicebear")}
        found = np.sum(run(partial(on_page, suite=self, held=held), range(n), title="bubbles"), 0)
        values = {
            "bench/bubbles/recall": float(found[0] / max(found[1], 1)),
            "bench/bubbles/precision": float(found[2] / max(found[3], 1)),
            "bench/bubbles/count": int(found[1]),
        }
        for name, ids in held.items():
            blank = partial(blanked, name=name, size=self.size)
            lost = np.sum(run(blank, spaced(ids, m), title=name), 0)
            values[f"bench/{name}/lost"] = float(lost[0] / lost[1])
        return Report(values, _table(values), tuple(self._failures(values)))

    def _failures(self, values: dict[str, float]) -> list[str]:
        missed = [
            f"{key} is {values[f'bench/bubbles/{key}']:.3f}, below {bar}"
            for key, bar in (("recall", self.min_recall), ("precision", self.min_precision))
            if values[f"bench/bubbles/{key}"] < bar
        ]
        lost = {k: v for k, v in values.items() if k.endswith("/lost") and v > self.max_lost}
        return missed + [f"{k} is {v:.4f}, above {self.max_lost}" for k, v in lost.items()]


def held_out(root: Path, name: str) -> list[str]:
    """Ids of a set's val and test splits."""
    entries = read_manifest(root / name / "manifest.jsonl")
    return [entry.id for entry in entries if entry.split in ("val", "test")]


def rendered(name: str, id: str, size: int) -> tuple[Pixels, Pixels]:
    """Line (H, W) and fill (H, W, 4) of the drawing ``id`` of a set.

    Raises ValueError if it has no such drawing.
    """
    drawing = (
        render_character(Character.of(id), size)
        if name == "dicebear"
        else OpenMoji().render(id, size)
    )
    if isinstance(drawing, str) or drawing.fill is None:
        raise ValueError(f"{id}: {drawing}")
    return drawing.line, drawing.fill


def on_page(number: int, suite: BubbleSuite, held: dict[str, list[str]]) -> NDArray[np.int64]:
    """Bubbles found and drawn; regions left blank that are in bubbles, and all left blank."""
    chance = random.Random(seed_of(suite.seed, number))
    names = [chance.choice(list(held)) for _ in range(PANELS)]
    lines = [rendered(n, chance.choice(held[n]), suite.size)[0] for n in names]
    return counts(comic(lines, (suite.height, suite.width), chance))


def counts(page: Comic) -> NDArray[np.int64]:
    label = segment((page.line / 255).astype(np.float32)).label.numpy()
    blank = bubbles(label)
    ids = {int(label[y, x]) for x, y in page.middles}
    # a bubble that a later one hides, or cuts, is no bubble any more
    whole = [i for i in ids if i and (page.inside[label == i] > 0).mean() > 0.9]
    held = np.array([(page.inside[label == i] > 0).mean() > 0.5 for i in np.flatnonzero(blank)])
    return np.array([sum(blank[i] for i in whole), len(whole), held.sum(), blank.sum()])


def blanked(id: str, name: str, size: int) -> NDArray[np.int64]:
    """Px of painted regions that the rules leave blank on a drawing without bubbles, and all px."""
    line, fill = rendered(name, id, size)
    found = segment((line / 255).astype(np.float32))
    label = found.label.numpy()
    blank = bubbles(label) | gutters(label)
    blank[[0, found.background]] = False
    painted = (fill[..., 3] > 127) & (label > 0) & (label != found.background)
    return np.array([(painted & blank[label]).sum(), painted.sum()])


def _table(values: dict[str, float]) -> str:
    rows = [f"| {key.removeprefix('bench/')} | {value:.4g} |" for key, value in values.items()]
    return "\n".join(["| figure | |", "|---|--:|", *rows, ""])
