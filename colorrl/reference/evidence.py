"""What speaks for each region of a page being each region of a sheet, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorrl.reference.registration import Placement, warped
from colorrl.reference.sheet import Sheet
from colorrl.regions.graph import contacts

Array = NDArray[np.float64]
# a figure reaches beyond its outline by this share of its side: hair is drawn longer
BEYOND = 0.25
FEATURES = (
    "placed",  # the line score of the figure's placement over the region, 0 = none there
    "covered",  # share of the region inside the figure's outline there
    "iou",  # of the two regions, laid on each other
    "of_page",  # share of the page's region that the sheet's covers
    "of_sheet",  # share of the sheet's region, as far as it is on the page, that the page's covers
    "open",  # of_page, less where another region of the page covers the sheet's better
    "distance",  # of their centres, in sides of the figure, at most 1
    "size",  # |log| of the ratio of their areas, at most 3
    "rim",  # difference of the shares of their borders that touch the background
    "figure",  # share of the page region's border with regions of that figure
    "beside",  # share of it with regions that lie beside the sheet's region as well
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Regions as graphs see them."""

    area: Array  # (R+1,) px, those under the line counted in
    centre: Array  # (R+1, 2) x, y
    contact: Array  # (R+1, R+1) px of common border, symmetrical
    rim: Array  # (R+1,) share of the border that touches the background


def shape_of(owner: NDArray[np.int32], background: int) -> Shape:
    n = int(owner.max()) + 1
    area = np.bincount(owner.ravel(), minlength=n).astype(np.float64)
    rows, columns = np.indices(owner.shape)
    centre = np.stack(
        [np.bincount(owner.ravel(), axis.ravel(), n) / np.maximum(area, 1) for axis in (columns, rows)], 1
    )
    pairs, length = contacts(owner)
    contact = np.zeros((n, n))
    contact[pairs[:, 0], pairs[:, 1]] = length
    contact += contact.T
    rim = contact[:, background] / np.maximum(contact.sum(1), 1)
    return Shape(area, centre, contact, rim)


def evidence(
    sheet: Sheet,
    figures: NDArray[np.int32],
    found: Sequence[Placement],
    owner: NDArray[np.int32],
    page: Shape,
    drawn: Shape,
) -> Array:
    """(R+1, S+1, F) the FEATURES of each pair, without those that ask for the neighbours' matches."""
    n, m = len(page.area), len(drawn.area)
    out = np.zeros((n, m, len(FEATURES)))
    out[..., 6] = 1
    home = figure_of(sheet, figures, m)
    scales = [np.sqrt(abs(np.linalg.det(p.matrix[:, :2]))) for p in found]
    usual = np.median(scales) if scales else np.sqrt(owner.size / sheet.owner.size)
    out[..., 7] = _size(page.area, drawn.area * usual**2)
    out[..., 8] = abs(page.rim[:, None] - drawn.rim[None])
    for placement, scale in zip(found, scales, strict=True):
        ids = np.where(figures == placement.figure, sheet.owner, 0)
        mask = (ids > 0) & ~((ids == sheet.background) & sheet.bare[ids])
        there = warped(np.where(mask, ids, 0).astype(np.int32), placement.matrix, owner.shape)
        table = np.bincount(owner.ravel() * m + there.ravel(), minlength=n * m).reshape(n, m).astype(np.float64)
        table[:, 0] = 0
        seen = np.maximum(np.bincount(there.ravel(), minlength=m), 1)
        share = table / np.maximum(page.area, 1)[:, None]
        covered = share.sum(1)
        iou = table / np.maximum(page.area[:, None] + seen - table, 1)
        first, second = _two_best(iou)
        other = np.where(iou >= first[None], second[None], first[None])
        centre = np.column_stack([drawn.centre, np.ones(m)]) @ placement.matrix.T
        ys, xs = np.nonzero(mask)
        side = scale * max(np.ptp(xs), np.ptp(ys), 1)
        distance = np.linalg.norm(page.centre[:, None] - centre[None], axis=2) / side
        near = _within(placement, (xs.min(), ys.min(), xs.max(), ys.max()), page.centre, side * BEYOND)
        rank = placement.score * (covered + 0.3 * near)
        better = rank[:, None] > out[..., 0] * (out[..., 1] + 0.3)
        better &= (home[None] == placement.figure) & (near | (covered > 0))[:, None]
        block = np.stack(
            [
                np.full((n, m), placement.score),
                np.repeat(covered[:, None], m, 1),
                iou,
                share,
                table / seen,
                share * (1 - other),
                np.minimum(distance, 1),
                _size(page.area, drawn.area * scale**2),
                out[..., 8],
                out[..., 9],
                out[..., 10],
            ],
            axis=2,
        )
        out = np.where(better[..., None], block, out)
    return out


def _within(placement: Placement, box: tuple, centre: Array, reach: float) -> NDArray[np.bool_]:
    left, top, right, bottom = box
    corners = np.array([[x, y, 1.0] for x in (left, right) for y in (top, bottom)]) @ placement.matrix.T
    return ((centre > corners.min(0) - reach) & (centre < corners.max(0) + reach)).all(1)


def _two_best(iou: Array) -> tuple[Array, Array]:
    ranked = np.sort(iou, axis=0)
    return ranked[-1], ranked[-2] if len(ranked) > 1 else np.zeros(iou.shape[1])


def _size(a: Array, b: Array) -> Array:
    return np.minimum(abs(np.log(np.maximum(a, 1))[:, None] - np.log(np.maximum(b, 1))[None]), 3)


def figure_of(sheet: Sheet, figures: NDArray[np.int32], n: int) -> NDArray[np.int64]:
    """(S+1,) the figure that holds most of each region of the sheet, 0 = none."""
    k = int(figures.max()) + 1
    table = np.bincount(sheet.owner.ravel() * k + figures.ravel(), minlength=n * k).reshape(n, k)
    return np.asarray(table.argmax(1))


def with_neighbours(given: Array, belief: Array, home: NDArray, page: Shape, drawn: Shape, background: int) -> Array:
    """``given`` with the features that ask for what the neighbours are, by ``belief`` (R+1, S+1)."""
    out = given.copy()
    contact = page.contact.copy()
    contact[:, [0, background]] = 0
    weight = contact / np.maximum(contact.sum(1, keepdims=True), 1)
    member = (home[:, None] == home[None]).astype(np.float64)
    beside = (drawn.contact > 0).astype(np.float64) 
    told = weight @ belief  # (R+1, S+1) how much of the border is with each region of the sheet
    out[..., 9], out[..., 10] = told @ member, told @ beside
    return out
