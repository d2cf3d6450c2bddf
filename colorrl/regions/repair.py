"""What was repaired in a drawing: the gaps that were closed, the slivers that were merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorrl.regions.gaps import Trace
from colorrl.regions.graph import Labels, areas
from colorrl.regions.nearest import nearest_at
from colorrl.regions.seams import Index, Seams, find_seams

# how a gap was found: two strokes face each other, one points at a line, a ball did not fit
FACING, AHEAD, BALL = range(3)
KINDS = ("facing", "ahead", "ball")
# pixels from a seam to the closure it comes from: a closure's own pixels are shared out
NEAR = 3.0


@dataclass(frozen=True, slots=True)
class Repair:
    """Points are column and row (x, y) in pixels; regions are ids of the RegionMap."""

    gap: Index  # (G, 2, 2) both ends of each closed gap
    gap_length: NDArray[np.float32]  # (G,) pixels from end to end
    gap_kind: Index  # (G,) index in KINDS
    gap_regions: Index  # (G, 2) the regions that it keeps apart
    sliver: Index  # (S, 2) a point in each merged sliver
    sliver_area: Index  # (S,) pixels
    sliver_region: Index  # (S,) the region that took it

    def as_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, for JSON."""
        gaps = zip(
            self.gap.tolist(),
            self.gap_length.tolist(),
            self.gap_kind.tolist(),
            self.gap_regions.tolist(),
            strict=True,
        )
        slivers = zip(
            self.sliver.tolist(),
            self.sliver_area.tolist(),
            self.sliver_region.tolist(),
            strict=True,
        )
        return {
            "gaps": [
                {"from": a, "to": b, "length": round(d, 1), "kind": KINDS[k], "regions": r}
                for (a, b), d, k, r in gaps
            ],
            "slivers": [{"at": p, "area": a, "into": r} for p, a, r in slivers],
        }


def find_repairs(label: Labels, trace: Trace) -> Repair:
    """The repairs that gave ``label`` (H, W), the regions of ``trace``, 0 = ink.

    A closed gap is a seam between two regions: what closed nothing off is no repair. A sliver
    is a piece smaller than its region that had two regions to choose from.
    """
    seams = find_seams(label, np.where(label > 0, trace.closed, 0))
    one, other = _extremes(seams)
    slivers = [_slivers(fine, label, trace.closed) for fine in trace.pieces]
    at, area, region = (
        np.concatenate([s[k] for s in slivers]) if slivers else empty
        for k, empty in enumerate(np.zeros((3, 0), np.int64))
    )
    return Repair(
        gap=np.stack([one, other], axis=1)[..., ::-1],
        gap_length=np.linalg.norm(one - other, axis=1).astype(np.float32) + 1,
        gap_kind=_kinds(seams, trace),
        gap_regions=seams.pair,
        sliver=at.reshape(-1, 2)[:, ::-1],
        sliver_area=area,
        sliver_region=region,
    )


def _extremes(seams: Seams) -> tuple[Index, Index]:
    """Row and column (S, 2) of both ends of each seam: the edges farthest apart."""
    n = len(seams.pair)
    count = np.bincount(seams.stretch, minlength=n)[:, None]
    middle = np.stack(
        [np.bincount(seams.stretch, weights=x, minlength=n) for x in seams.at.T], axis=1
    ) / np.maximum(count, 1)
    one = seams.at[_farthest(seams, middle)]
    return one, seams.at[_farthest(seams, one)]


def _farthest(seams: Seams, point: NDArray[np.float64] | Index) -> Index:
    """(S,) the edge of each seam farthest from its ``point`` (S, 2)."""
    distance = np.linalg.norm(seams.at - point[seams.stretch], axis=1)
    order = np.lexsort((distance, seams.stretch))
    return order[np.cumsum(np.bincount(seams.stretch, minlength=len(seams.pair))) - 1]


def _kinds(seams: Seams, trace: Trace) -> Index:
    """(S,) the first of KINDS that has a closure near."""
    kind = np.full(len(seams.pair), BALL)
    if len(kind) == 0 or not trace.mark.any():
        return kind
    mark, distance = nearest_at(trace.mark, seams.at)
    here = np.where(mark <= trace.n_facing, FACING, AHEAD)
    np.minimum.at(kind, seams.stretch, np.where(distance <= NEAR, here, BALL))
    return kind


def _slivers(fine: Labels, label: Labels, closed: Labels) -> tuple[Index, Index, Index]:
    """Points (S, 2), areas (S,) and regions (S,) of pieces of ``fine`` that went with a region."""
    n = int(fine.max()) + 1
    home = np.zeros(n, np.int64)
    home[fine] = label
    area, region_area = areas(fine), areas(label)
    pair = find_seams(fine, closed).pair
    both = np.concatenate([pair, pair[:, ::-1]])
    elsewhere = home[both[:, 0]] != home[both[:, 1]]
    torn = np.zeros((2, n), bool)
    torn[0, both[~elsewhere, 0]] = torn[1, both[elsewhere, 0]] = True
    chosen = torn.all(axis=0) & (home > 0) & (2 * area < region_area[home])
    chosen[0] = False
    first = np.zeros(n, np.int64)
    flat = np.arange(fine.size)[::-1]
    first[fine.ravel()[::-1]] = flat
    y, x = np.divmod(first[chosen], fine.shape[1])
    return np.stack([y, x], axis=1), area[chosen], home[chosen]
