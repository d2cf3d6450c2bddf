"""The colours of a page's regions: seen whole, or panel by panel, each at the generator's size.

Panels share the colours of the first, the one with the largest painted area. A figure of the first
that is found in another panel (``consistent``) keeps its colours there, and so does the one of
another page (``model``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorrl.pages.constraints.given import Given
from colorrl.pages.constraints.ranking import scored, with_given
from colorrl.pages.found_again import found_again, sheet_of
from colorrl.pages.page import Page, conditioned_on, palette_of_regions, region_colors
from colorrl.pages.panels import Box
from colorrl.pages.samples import Draws, settled
from colorrl.pages.settings import Settings
from colorrl.pages.sheet.sheet import Sheet
from colorrl.pages.view import View, page_of, painted_area, seen_in
from colorrl.regions.graph import counted
from colorrl.rewards.total import TotalReward
from colorrl.types import Sketch

# on a page of more panels figures are not looked for: each panel takes a second
MOST_MATCHED = 12


@dataclass(frozen=True, slots=True)
class Coloring:
    """The N colourings of a page of R regions, best first."""

    colors: Tensor  # (N, R+1, 3) sRGB
    confidence: list[NDArray[np.float32]]  # (R+1,) each, NaN = not measured
    scores: list[float | None]  # of the reference-free reward, None = not asked for


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
    page: View, boxes: list[Box], settings: Settings, draws: Draws, *, sure: bool
) -> Coloring:
    """``colors_of`` the ``page``, looked at in each of ``boxes``."""
    if len(boxes) == 1 and settings.model is None:
        return colors_of(page_of(page, settings, draws), page.bound, settings, draws, sure=sure)
    joined = _Joined.of(settings.samples, page.regions.n_regions)
    sheets = [] if settings.model is None else [settings.model]
    shared: tuple[Tensor | None, Tensor | None] | None = None
    if settings.model is not None:
        shared = _palette_of_sheet(settings.model)
    matched = settings.consistent and settings.sheet is None and len(boxes) <= MOST_MATCHED
    # one view at a time: each takes as much memory for a pixel as the page
    for i, box in enumerate(sorted(boxes, key=lambda box: -painted_area(page, box))):
        view = seen_in(page, box)
        for sheet in sheets if matched else []:
            view = found_again(view, sheet)
        some = page_of(view, settings, draws)
        if shared is not None and settings.palette is None:
            some = replace(some, sketch=replace(some.sketch, palette=shared[0], share=shared[1]))
        made = colors_of(some, view.bound, settings, draws, sure=sure)
        joined.take(view, made)
        if i == 0:
            first = conditioned_on(some, made.colors[0], view.bound.bare).sketch
            shared = shared or (first.palette, first.share)
            if matched and len(boxes) > 1:
                sheets.append(sheet_of(view, made.colors[0]))
    return joined.coloring()


def _palette_of_sheet(sheet: Sheet) -> tuple[Tensor, Tensor]:
    """The palette of the figure on ``sheet``, and its shares."""
    area = np.where(sheet.bare, 0, counted(sheet.region_index, len(sheet.bare)))
    return palette_of_regions(
        torch.from_numpy(sheet.colors / np.float32(255)), area.astype(np.float32)
    )


@dataclass(slots=True)
class _Joined:
    """What views say so far: of each region the one that shows most of it."""

    most: NDArray[np.int64]  # (R+1,) pixels
    colors: Tensor  # (N, R+1, 3)
    confidence: list[NDArray[np.float32]]  # (R+1,) each
    scores: list[list[float | None]]  # of each view

    @classmethod
    def of(cls, n: int, n_regions: int) -> _Joined:
        sure = [np.full(n_regions + 1, np.nan, np.float32) for _ in range(n)]
        most = np.zeros(n_regions + 1, np.int64)
        return cls(most, torch.ones(n, n_regions + 1, 3), sure, [])

    def take(self, view: View, found: Coloring) -> None:
        area = counted(view.regions.region_index.numpy(), len(view.ids))
        better = np.flatnonzero(area > self.most[view.ids])
        at = view.ids[better]
        self.most[at] = area[better]
        given = torch.from_numpy(view.bound.colors / np.float32(255))
        held = torch.from_numpy(view.bound.known)[:, None]
        self.colors[:, at] = torch.where(held, given, found.colors)[:, better]
        for sure, said in zip(self.confidence, found.confidence, strict=True):
            known = view.bound.confidence[better]
            sure[at] = np.where(np.isnan(known), said[better], known)
        self.scores.append(found.scores)

    def coloring(self) -> Coloring:
        return Coloring(
            self.colors, self.confidence, [_mean(s) for s in zip(*self.scores, strict=True)]
        )


def _mean(scores: tuple[float | None, ...]) -> float | None:
    known = [s for s in scores if s is not None]
    return sum(known) / len(known) if known else None


def ranked(images: Tensor, sketch: Sketch, reward: TotalReward | None) -> list[float | None]:
    """The reward of each of ``images`` (N, 3, S, S) as the page would look, None without one."""
    if reward is None:
        return [None] * len(images)
    return list(scored(with_given(images, sketch), sketch, reward).tolist())
