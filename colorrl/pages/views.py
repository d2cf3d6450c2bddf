"""The colours of a page's regions: seen whole, or panel by panel, each at the generator's size.

Panels share the colours of the first, the one with the largest painted area. A figure of the first
that is found in another panel (``consistent``) keeps its colours there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorrl.export.painted import as_bytes
from colorrl.pages.constraints.given import Given, hint_planes
from colorrl.pages.constraints.ranking import scored, with_given
from colorrl.pages.page import Page, conditioned_on, fit, region_colors
from colorrl.pages.panels import Box
from colorrl.pages.samples import Draws, settled
from colorrl.pages.settings import Settings
from colorrl.pages.sheet.match import match
from colorrl.pages.sheet.sheet import Sheet
from colorrl.regions.graph import Labels, areas
from colorrl.rewards.total import TotalReward
from colorrl.types import Partition, Sketch

# a figure of another panel keeps its colours where a match is surer than this
FOUND_AGAIN = 0.4
# on a page of more panels figures are not looked for: each panel takes a second
MOST_MATCHED = 12


@dataclass(frozen=True, slots=True)
class Coloring:
    """The N colourings of a page of R regions, best first."""

    colors: Tensor  # (N, R+1, 3) sRGB
    confidence: list[NDArray[np.float32]]  # (R+1,) each, NaN = not measured
    scores: list[float | None]  # of the reference-free reward, None = not asked for


@dataclass(frozen=True, slots=True)
class View:
    """A part of a page, with V of its regions."""

    line: NDArray[np.float32]  # (h, w)
    regions: Partition  # of V regions
    ids: NDArray[np.int64]  # (V+1,) on the page, 0 for 0
    bound: Given  # of V regions


def colors_of(
    page: Page, bound: Given, settings: Settings, draws: Draws, *, sure: bool
) -> Coloring:
    """What the generator gives the regions of ``page`` under what is ``bound``.

    ``sure``: say of several samples, too, how sure their colours are.
    """
    images = draws.images(page, 0, settings.samples, alone=True)
    scores = ranked(images, page.sketch, settings.reward)
    # the best first, of equal ones the first
    order = sorted(range(settings.samples), key=lambda i: -(scores[i] or 0.0))
    colors = draws.allowed(torch.stack([region_colors(page, images[i]) for i in order]))
    colors[:, bound.known] = torch.from_numpy(bound.colors[bound.known] / np.float32(255))
    colors, confidence = settled(page, colors, bound.bare, draws, sure=sure)
    return Coloring(colors, confidence, [scores[i] for i in order])


def colors_by_view(
    line: NDArray[np.float32],
    whole: Page,
    boxes: list[Box],
    bound: Given,
    settings: Settings,
    draws: Draws,
    *,
    sure: bool,
) -> Coloring:
    """``colors_of`` the page ``whole`` of ``line`` (H, W), looked at in each of ``boxes``."""
    if len(boxes) == 1:
        return colors_of(whole, bound, settings, draws, sure=sure)
    regions = whole.regions
    seen = [_view(line, regions, bound, box) for box in boxes]
    seen.sort(key=lambda view: -_painted(view))
    first: Page | None = None
    sheet: Sheet | None = None
    made: list[Coloring] = []
    for i, view in enumerate(seen):
        if sheet is not None:
            view = seen[i] = _found_again(view, sheet)
        page = _page(view, settings, draws)
        if first is not None and settings.palette is None:
            sketch = replace(page.sketch, palette=first.sketch.palette, share=first.sketch.share)
            page = replace(page, sketch=sketch)
        made.append(colors_of(page, view.bound, settings, draws, sure=sure))
        if first is None:
            first = conditioned_on(page, made[0].colors[0], view.bound.bare)
            if settings.consistent and settings.sheet is None and len(seen) <= MOST_MATCHED:
                sheet = _sheet(view, made[0].colors[0])
    return _joined(seen, made, regions.n_regions)


def _view(line: NDArray[np.float32], regions: Partition, bound: Given, box: Box) -> View:
    region_index, label = (
        regions.region_index.numpy()[box.window],
        regions.label.numpy()[box.window],
    )
    # a region of which the view has ink alone is nobody's there
    ids = np.unique(np.append(0, label))
    place = np.zeros(regions.n_regions + 1, np.int32)
    place[ids] = np.arange(len(ids))
    own, inside = place[region_index], place[label]
    area = np.bincount(inside.ravel(), minlength=len(ids)).astype(np.float32)
    sha = hashlib.sha256(f"{regions.sha} {box}".encode()).hexdigest()
    part = Partition(
        label=torch.from_numpy(inside),
        region_index=torch.from_numpy(own),
        area=torch.from_numpy(area),
        background=int(place[regions.background]),
        sha=sha,
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
    return View(np.ascontiguousarray(line[box.window]), part, ids, some)


def _painted(view: View) -> float:
    return float(view.regions.area.numpy()[~view.bound.bare].sum())


def _page(view: View, settings: Settings, draws: Draws) -> Page:
    page = fit(view.line, view.regions, draws.generator.size, settings.palette)
    hint = hint_planes(view.bound, page.sketch.regions.label, page.kept)
    return replace(page, sketch=replace(page.sketch, hint=hint))


def _sheet(view: View, colors: Tensor) -> Sheet:
    """``view`` in ``colors`` (V+1, 3) as the sheet of the others; what surrounds its figure has
    none."""
    region_index = view.regions.region_index.numpy()
    around = _around(region_index)
    bare = view.bound.bare.copy()
    bare[around] = True
    return Sheet(view.line, region_index, as_bytes(colors.numpy()), bare, around)


def _around(region_index: Labels) -> int:
    """The region that surrounds the figure of a panel: the largest at its edge. The frame alone may
    have more of the edge itself."""
    edge = np.unique(
        np.concatenate([region_index[0], region_index[-1], region_index[:, 0], region_index[:, -1]])
    )
    return int(edge[areas(region_index)[edge].argmax()])


def _found_again(view: View, sheet: Sheet) -> View:
    """``view`` with the colours known of what is on ``sheet``."""
    region_index = view.regions.region_index.numpy()
    around = _around(region_index)
    found = match(sheet, view.line, region_index, around)
    free = ~(view.bound.known | view.bound.bare)
    free[[0, around]] = False
    same = free & (found.region > 0) & (found.confidence > FOUND_AGAIN)
    same &= ~sheet.bare[found.region]
    colors, confidence = view.bound.colors.copy(), view.bound.confidence.copy()
    colors[same] = sheet.colors[found.region[same]]
    confidence[same] = found.confidence[same]
    known = view.bound.known | same
    return replace(
        view, bound=replace(view.bound, colors=colors, known=known, confidence=confidence)
    )


def _joined(seen: list[View], made: list[Coloring], n_regions: int) -> Coloring:
    """What the views say: of each region the one that shows most of it."""
    most = np.zeros(n_regions + 1, np.int64)
    n = len(made[0].colors)
    colors = torch.ones(n, n_regions + 1, 3)
    confidence = [np.full(n_regions + 1, np.nan, np.float32) for _ in range(n)]
    for view, found in zip(seen, made, strict=True):
        area = areas(view.regions.region_index.numpy())
        area = np.append(area, np.zeros(len(view.ids) - len(area), np.int64))
        better = np.flatnonzero(area > most[view.ids])
        at = view.ids[better]
        most[at] = area[better]
        given = torch.from_numpy(view.bound.colors / np.float32(255))
        held = torch.from_numpy(view.bound.known)[:, None]
        colors[:, at] = torch.where(held, given, found.colors)[:, better]
        for sure, said in zip(confidence, found.confidence, strict=True):
            known = view.bound.confidence[better]
            sure[at] = np.where(np.isnan(known), said[better], known)
    scores = [_mean([m.scores[i] for m in made]) for i in range(n)]
    return Coloring(colors, confidence, scores)


def _mean(scores: list[float | None]) -> float | None:
    known = [s for s in scores if s is not None]
    return sum(known) / len(known) if known else None


def ranked(images: Tensor, sketch: Sketch, reward: TotalReward | None) -> list[float | None]:
    """The reward of each of ``images`` (N, 3, S, S) as the page would look, None without one."""
    if reward is None:
        return [None] * len(images)
    return list(scored(with_given(images, sketch), sketch, reward).tolist())
