"""What speaks for a region of the page being a region of the sheet, as one number each.

Letters: R regions of the page, S of the sheet, both with slot 0 for what nobody owns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from colorrl.pages.sheet.alignment import scale_of
from colorrl.pages.sheet.assignment import Placement, warped
from colorrl.pages.sheet.graph import Array, Graph
from colorrl.pages.sheet.sheet import Sheet
from colorrl.regions.graph import Labels

# a figure reaches beyond its outline by this share of its side: hair is drawn longer
BEYOND = 0.25
# what standing beside a figure counts, when what covers the region counts by its share
BESIDE = 0.3
LARGEST = 3.0  # of |log| of a ratio of areas: beyond twenty times all are alike
FEATURES = (
    "placed",  # line score of the figure's placement there, 0 = none
    "elsewhere",  # line score of another placement of the figure, away from the region
    "covered",  # share of the region inside the figure's outline
    "iou",  # of the two regions, laid on each other
    "of_page",  # share of the page's region that the sheet's covers
    "of_sheet",  # share of the sheet's region, where the page shows it, that the page's covers
    "open",  # of_page, less as far as another region of the page is the sheet's region
    "distance",  # of their centres in sides of the figure, at most 1
    "size",  # |log| of the ratio of their areas, at most LARGEST
    "rim",  # difference of the shares of their borders that the background has
    "figure",  # share of the region's border with regions of the same figure
    "beside",  # share of it with regions that the sheet's region lies beside as well
)


def evidence(
    sheet: Sheet,
    drawn: Graph,
    home: NDArray[np.int64],
    found: Sequence[Placement],
    region_index: Labels,
    page: Graph,
) -> dict[str, Array]:
    """(R+1, S+1) of each of FEATURES; the last two, which ask for the neighbours, are 0. And
    "margin", that of the placement that the features are of; 1 for none.

    ``home`` (S+1,) is the figure of each region of the sheet, ``found`` where figures stand.
    """
    n, m = len(page.area), len(drawn.area)
    scales = [scale_of(p.matrix) for p in found] or [
        np.sqrt(region_index.size / sheet.region_index.size)
    ]
    best = {name: np.zeros((n, m)) for name in FEATURES}
    best |= {"distance": np.ones((n, m)), "margin": np.ones((n, m))}
    best["size"] = _size(page.area, drawn.area * np.median(scales) ** 2)
    best["rim"] = abs(page.rim[:, None] - drawn.rim[None])
    rank = np.zeros((n, m))
    for placement in (p for p in found if (home == p.figure).any()):
        there = _laid(sheet, drawn, home, placement, region_index, page)
        mine = home[None] == placement.figure
        now = placement.score * (there["covered"] + BESIDE * there.pop("near"))
        away = mine & (now == 0)
        best["elsewhere"] = np.where(
            away, np.maximum(best["elsewhere"], placement.score), best["elsewhere"]
        )
        better = mine & (now > rank)
        rank = np.where(better, now, rank)
        best |= {name: np.where(better, value, best[name]) for name, value in there.items()}
    return best


def _laid(
    sheet: Sheet,
    drawn: Graph,
    home: NDArray[np.int64],
    placement: Placement,
    region_index: Labels,
    page: Graph,
) -> dict[str, Array]:
    """The features that one placement gives, and "near": the region lies at the figure."""
    n, m = len(page.area), len(drawn.area)
    ids = np.where((home == placement.figure)[sheet.region_index], sheet.region_index, 0)
    there = warped(ids, placement.matrix, region_index.shape)
    table = np.bincount(region_index.ravel() * m + there.ravel(), minlength=n * m).reshape(n, m)
    table[:, 0] = 0
    shown = np.bincount(there.ravel(), minlength=m)
    share = table / np.maximum(page.area, 1)[:, None]
    iou = table / np.maximum(page.area[:, None] + shown - table, 1)
    ranked = np.sort(iou, axis=0)
    rival = np.where(iou >= ranked[-1], ranked[-2] if n > 1 else 0.0, ranked[-1])
    covered = share.sum(1, keepdims=True) + np.zeros((1, m))
    scale = scale_of(placement.matrix)
    distance, near = _distances(ids, drawn, placement, page)
    return {
        "placed": np.full((n, m), placement.score),
        "margin": np.full((n, m), placement.margin),
        "covered": covered,
        "iou": iou,
        "of_page": share,
        "of_sheet": table / np.maximum(shown, 1),
        "open": share * (1 - rival),
        "distance": np.minimum(distance, 1),
        "size": _size(page.area, drawn.area * scale**2),
        "near": near,
    }


def _distances(
    ids: NDArray[np.int64], drawn: Graph, placement: Placement, page: Graph
) -> tuple[Array, Array]:
    """(R+1, S+1) from each region's centre to those of the placed figure ``ids`` (H, W), in the
    figure's longer sides; and 1 where the region lies at the figure's box, else 0."""
    rows, columns = np.nonzero(ids)
    corners = np.array([[columns.min(), rows.min()], [columns.max(), rows.max()]], float)
    side = scale_of(placement.matrix) * np.ptp(corners, axis=0).max()
    center = moved(drawn.center, placement)
    distance = np.linalg.norm(page.center[:, None] - center[None], axis=2) / max(side, 1.0)
    box = moved(np.array([[x, y] for x in corners[:, 0] for y in corners[:, 1]]), placement)
    low, high = box.min(0) - BEYOND * side, box.max(0) + BEYOND * side
    near = ((page.center > low) & (page.center < high)).all(1)[:, None]
    return distance, near + np.zeros((1, len(drawn.area)))


def moved(points: Array, placement: Placement) -> Array:
    """``points`` (P, 2) of the sheet on the page."""
    return points @ placement.matrix[:, :2].T + placement.matrix[:, 2]


def _size(a: Array, b: Array) -> Array:
    ratio = np.log(np.maximum(a, 1))[:, None] - np.log(np.maximum(b, 1))[None]
    return np.minimum(abs(ratio), LARGEST)


def neighbors(
    belief: Array, home: NDArray[np.int64], page: Graph, drawn: Graph
) -> dict[str, Array]:
    """The features that ask what the neighbours are, by ``belief`` (R+1, S+1) in it."""
    contact = page.contact.copy()
    contact[:, [0, page.background]] = 0
    message = contact / np.maximum(contact.sum(1, keepdims=True), 1) @ belief
    together = (home[:, None] == home[None]).astype(np.float64)
    return {"figure": message @ together, "beside": message @ (drawn.contact > 0)}
