"""A page looked at after it is coloured: what is unusual about it, for the notes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from colorrl.export.painted import Painted, region_areas
from colorrl.images.notes import Note
from colorrl.regions.graph import areas
from colorrl.regions.ink import Mask, line_width
from colorrl.regions.openings import openings
from colorrl.types import Partition

# a page with so many regions, that share of them crumbs, has texture that was not recognised: a
# crumb has fewer pixels than a square of so many line widths
MANY, MOSTLY, CRUMB = 150, 0.6, 8.0
# below it a colour is as likely to be another; the share of the painted area that is worth a note
UNSURE, MUCH = 0.5, 0.25
# of the page's rim: a painted region with a corner of the page and more of the rim may be paper
RIM = 0.15


def judged(page: Painted, regions: Partition, ink: Mask) -> Iterator[Note]:
    """Notes on ``page``, whose ``regions`` were found in ``ink`` (H, W)."""
    yield from judged_regions(regions, ink)
    yield from _painted_paper(page, regions)
    yield from _undecided(page)


def judged_regions(regions: Partition, ink: Mask) -> Iterator[Note]:
    """Notes on ``regions`` before they have a colour."""
    yield from _texture(regions, ink)
    yield from _open(regions, ink)


def _texture(regions: Partition, ink: Mask) -> Iterator[Note]:
    area = areas(regions.label.numpy())[1:]
    crumbs = area < (CRUMB * line_width(ink)) ** 2
    if len(area) >= MANY and crumbs.mean() >= MOSTLY:
        yield Note(
            "texture",
            f"{len(area)} regions, {crumbs.mean():.0%} of them crumbs: tone, hatching or grain "
            "that was not recognised; give the line on a layer of its own (line_layer=NAME)",
        )


def _open(regions: Partition, ink: Mask) -> Iterator[Note]:
    for gap in openings(ink, regions):
        yield Note(
            "open",
            f"an area of {gap.share:.0%} of the page is open to the paper at x={gap.x}, y={gap.y}: "
            f"close the line there, or try gap={gap.gap:.0f}",
        )


def _painted_paper(page: Painted, regions: Partition) -> Iterator[Note]:
    region_index = page.region_index
    rim = np.concatenate(
        [region_index[0], region_index[-1], region_index[1:-1, 0], region_index[1:-1, -1]]
    )
    share = np.bincount(rim, minlength=len(page.colors)) / rim.size
    generated = np.array([by == "generator" for by in page.by]) & ~page.bare
    generated[[0, regions.background]] = False
    corners = np.zeros(len(share), bool)
    corners[region_index[[0, 0, -1, -1], [0, -1, 0, -1]]] = True
    for region in np.flatnonzero(generated & corners & (share >= RIM)).tolist():
        yield Note(
            "painted paper",
            f"region {region} holds a corner of the page and is painted: if it is paper, a hint "
            "leaves it bare",
        )


def _undecided(page: Painted) -> Iterator[Note]:
    area = np.where(page.bare, 0, region_areas(page))
    unsure: NDArray[np.bool_] = page.confidence < UNSURE  # never of what was not measured
    share = area[unsure].sum() / max(1, area.sum())
    if share >= MUCH:
        yield Note(
            "undecided",
            f"{share:.0%} of the painted area is undecided: samples disagree; a palette, a sheet "
            "or hints decide",
        )
