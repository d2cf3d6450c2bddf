"""`colorrl bench suite=sheet`: do characters of a sheet keep their colours where they are redrawn?

A region of the page counts if it is painted and one of its character's colours on the sheet is its
true colour; it agrees if its colour lies within CIEDE2000 5 of that. Methods see the same pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.benchmarks.redrawn import KINDS, Pool, Scene, pair
from colorrl.benchmarks.report import Report
from colorrl.benchmarks.sheet_table import Reading, figures, page_of, shortfalls
from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.data.batch import collate
from colorrl.pages.page import fit, region_colors
from colorrl.pages.sheet.logit import Case, read
from colorrl.pages.sheet.match import matched, studied
from colorrl.pages.sheet.registration import placements, sources
from colorrl.pages.sheet.sheet import Sheet
from colorrl.pages.sheet.sheet import figures as figures_of
from colorrl.pages.vote import AGREE
from colorrl.palette import Palette, nearest
from colorrl.parallel import parallel_map
from colorrl.policy.pipeline import FlatColorPipeline, load_generator
from colorrl.regions.segment import part
from colorrl.seeding import seed_of
from colorrl.types import Partition


@dataclass(frozen=True, slots=True)
class Subject:
    """One pair as it was read."""

    sheet: Sheet
    regions: Partition  # of the page
    case: Case
    truth: NDArray[np.uint8]  # (R+1, 3) true colours of the page
    counted: NDArray[np.bool_]  # (R+1,)
    right: NDArray[np.bool_]  # (R+1, S+1) the sheet's region has the page's region's true colour


@dataclass(frozen=True, slots=True)
class SheetSuite:
    """The benchmark; call it to run it."""

    name: str
    kinds: list[str]  # of redrawn.KINDS
    pairs: int  # of each kind
    size: int  # px, of a character on the sheet
    pool: Pool
    generator: str  # a shipped name or a folder: colours without a sheet
    bar: float  # agreement of the matched area, over all kinds
    seed: int
    workers: int
    limit: int | None  # pairs of each kind; None = all

    def __call__(self) -> Report:
        n = self.pairs if self.limit is None else min(self.limit, self.pairs)
        places = [(kind, i) for kind in self.kinds for i in range(n)]
        work = partial(measure, suite=self)
        readings = [
            r for some in parallel_map(work, places, self.workers, "sheet", "pair") for r in some
        ]
        return Report(figures(readings), page_of(readings), shortfalls(readings, self.bar))


def measure(place: tuple[str, int], suite: SheetSuite) -> list[Reading]:
    """Every method on one pair."""
    kind, number = place
    sheet_scene, page_scene = pair(number, KINDS[kind], suite.size, suite.pool, suite.seed)
    subject = subject_of(sheet_scene, page_scene)
    found = matched(subject.case, studied(subject.sheet).alike)
    given = torch.from_numpy(subject.sheet.colors[found.region] / np.float32(255))
    free, snapped = _generated(subject, page_scene, suite, number)
    every = np.ones_like(found.sure)
    of = partial(_reading, kind, subject)
    return [
        of("sheet, where sure", given, found.sure),
        of("sheet", given, every),
        of("nearest colour", snapped, every),
        of("no matching", free, every),
    ]


def _reading(
    kind: str, subject: Subject, method: str, given: torch.Tensor, sure: NDArray[np.bool_]
) -> Reading:
    truth = torch.from_numpy(subject.truth / np.float32(255))
    off = delta_e_2000(srgb_to_lab(given, -1), srgb_to_lab(truth, -1)).numpy()
    area = np.where(subject.counted, subject.regions.area.numpy(), 0)
    agree = area * (off <= AGREE)
    return Reading(
        kind, method, float(agree[sure].sum()), float(area[sure].sum()), float(area.sum())
    )


def _generated(
    subject: Subject, scene: Scene, suite: SheetSuite, number: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """(R+1, 3) the generator's colours with the sheet's as palette, and the nearest of those."""
    painted = subject.sheet.colors[~subject.sheet.bare]
    colors = torch.from_numpy(np.unique(painted, axis=0) / np.float32(255))
    generator = _generator(suite.generator)
    palette = Palette(colors, ("",) * len(colors))
    page = fit(scene.line, subject.regions, generator.size, palette)
    seeds = torch.tensor([seed_of(suite.seed, number)])
    free = region_colors(page, generator.sample(collate([page.sketch]), seeds)[0])
    return free, colors[nearest(free, colors)]


_loaded: dict[str, FlatColorPipeline] = {}


def _generator(name: str) -> FlatColorPipeline:
    if name not in _loaded:
        _loaded[name] = load_generator(name)
    return _loaded[name]


def subject_of(sheet_scene: Scene, page_scene: Scene) -> Subject:
    """The sheet with its true colours, its figures on the page, and what is right there."""
    drawn, regions = part(sheet_scene.line), part(page_scene.line)
    colors, bare = painted_colors(sheet_scene, drawn)
    sheet = Sheet(sheet_scene.line, drawn.region_index.numpy(), colors, bare, drawn.background)
    map_ = figures_of(sheet)
    found = placements(sources(sheet.line, map_), map_, page_scene.line)
    region_index = regions.region_index.numpy()
    case = read(sheet, map_, found, region_index, regions.background, regions.n_regions)
    truth, unpainted = painted_colors(page_scene, regions)
    right = (truth[:, None] == colors[None]).all(2) & ~bare & case.choices
    counted = ~unpainted & right.any(1)
    counted[[0, regions.background]] = False
    return Subject(sheet, regions, case, truth, counted, right)


def painted_colors(scene: Scene, regions: Partition) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(R+1, 3) the commonest paint in each region, and (R+1,) where that is bare paper."""
    label, n = regions.label.numpy(), regions.n_regions + 1
    code = scene.color.astype(np.int64) @ [1 << 16, 1 << 8, 1]
    code = np.where(scene.who > 0, code, -1)
    values, index = np.unique(code, return_inverse=True)
    table = np.bincount(label.ravel() * len(values) + index.ravel(), minlength=n * len(values))
    commonest = values[table.reshape(n, -1).argmax(1)]
    colors = np.stack([commonest >> 16 & 255, commonest >> 8 & 255, commonest & 255], 1)
    return colors.astype(np.uint8), commonest < 0
