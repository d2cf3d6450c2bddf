"""A page, or what a box shows of it, with all that is known of its regions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from colorrl.pages.constraints.given import Given, hint_planes
from colorrl.pages.page import Page, fit
from colorrl.pages.panels import Box
from colorrl.pages.samples import Draws
from colorrl.pages.settings import Settings
from colorrl.regions.graph import counted
from colorrl.types import Partition


@dataclass(frozen=True, slots=True)
class View:
    """A page or a part of it, with V of its regions."""

    line: NDArray[np.float32]  # (h, w)
    regions: Partition  # of V regions
    ids: NDArray[np.int64]  # (V+1,) on the page, 0 for 0
    bound: Given  # of V regions


def seen_in(page: View, box: Box) -> View:
    """What ``box`` shows of ``page``."""
    bound, regions = page.bound, page.regions
    region_index, label = (
        regions.region_index.numpy()[box.window],
        regions.label.numpy()[box.window],
    )
    # a region of which the view has ink alone is nobody's there
    area = counted(label, regions.n_regions + 1)
    ids = np.union1d(0, np.flatnonzero(area))
    place = np.zeros(regions.n_regions + 1, np.int32)
    place[ids] = np.arange(len(ids))
    part = Partition(
        label=torch.from_numpy(place[label]),
        region_index=torch.from_numpy(place[region_index]),
        area=torch.from_numpy(area[ids].astype(np.float32)),
        background=int(place[regions.background]),
        sha=hashlib.sha256(f"{regions.sha} {box}".encode()).hexdigest(),
    )
    some = replace(
        bound,
        colors=bound.colors[ids],
        known=bound.known[ids],
        bare=bound.bare[ids],
        by=tuple(bound.by[i] for i in ids),
        bubble=bound.bubble[ids],
        confidence=bound.confidence[ids],
        matches=None,
    )
    return View(np.ascontiguousarray(page.line[box.window]), part, ids, some)


def painted_area(page: View, box: Box) -> int:
    """Pixels of ``page`` in ``box`` that are neither ink nor left bare."""
    area = counted(page.regions.label.numpy()[box.window], page.regions.n_regions + 1)
    return int(area[~page.bound.bare].sum())


def page_of(view: View, settings: Settings, draws: Draws) -> Page:
    """``view`` as the generator sees it."""
    page = fit(view.line, view.regions, draws.generator.size, settings.palette)
    hint = hint_planes(view.bound, page.sketch.regions.label, page.kept)
    return replace(page, sketch=replace(page.sketch, hint=hint))
