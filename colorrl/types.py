"""The records that cross borders between rooms. Imports torch only.

Letters in shapes: N samples, H x W pixels, R regions, E edges, K palette entries, T steps.
Axes written ``R+1`` are indexed by region id: slot 0 is ink (what no region owns), slots
1..R the regions. Batches are padded with regions of area 0, edges of contact 0 and palette
entries of share 0, so that sums need no mask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

Record = TypeVar("Record", bound="RegionBatch | SketchBatch | Rollout")


def _map_tensors(record: Any, change: Any) -> Any:
    """``record`` with ``change`` applied to every tensor (or nested batch) in it."""
    changed = {}
    for f in fields(record):
        value = getattr(record, f.name)
        if isinstance(value, Tensor):
            changed[f.name] = change(value)
        elif isinstance(value, RegionBatch | SketchBatch):
            changed[f.name] = _map_tensors(value, change)
    return replace(record, **changed)


@dataclass(frozen=True, slots=True)
class Partition:
    """The regions of one line art without their neighbours: what colouring a page needs."""

    label: Tensor  # (H, W) int32, 0 = ink, 1..R consecutive
    region_index: Tensor  # (H, W) int32, label with each ink pixel given to its nearest region
    area: Tensor  # (R+1,) float32, pixels of each label
    background: int  # id of the paper around the drawing, 0 = none found
    sha: str  # sha256 of the line art it came from

    @property
    def n_regions(self) -> int:
        return self.area.shape[0] - 1


@dataclass(frozen=True, slots=True)
class RegionMap:
    """The regions of one line art. Comes from the input line art alone, never from an output."""

    label: Tensor  # (H, W) int32, 0 = ink, 1..R consecutive
    region_index: Tensor  # (H, W) int32, label with each ink pixel given to its nearest region
    across: Tensor  # (H, W) int32, nearest region other than owner within the band, else 0
    area: Tensor  # (R+1,) float32, pixels of each label
    weight: Tensor  # (R+1,) float32, half area share + half 1/R; 0 for ink, background; sums to 1
    edges: Tensor  # (E, 2) int32, region ids i < j that touch through the line
    contact: Tensor  # (E,) float32, contact length in pixels, read off a finer page
    background: int  # id of the paper around the drawing, 0 = none found
    sha: str  # sha256 of the line art it came from

    @property
    def n_regions(self) -> int:
        return self.area.shape[0] - 1


@dataclass(frozen=True, slots=True)
class Sketch:
    """One line art with what is known of its colours."""

    id: str
    line: Tensor  # (1, H, W) float32 in [0, 1], 1 = paper
    regions: RegionMap
    flats: Tensor | None = None  # (3, H, W) float32 sRGB in [0, 1], one colour per region (밑색)
    alpha: Tensor | None = None  # (1, H, W) float32 in {0, 1}, 1 = painted (white paint too)
    fill: Tensor | None = None  # (4, H, W) float32 sRGB + alpha, as rendered: for gold alone
    palette: Tensor | None = None  # (K, 3) float32 sRGB in [0, 1]
    share: Tensor | None = None  # (K,) float32, area share of each palette entry, sums to 1
    hint: Tensor | None = None  # (4, H, W) float32, sRGB and 1 where a colour is given, else 0
    rendering: bool = False  # shaded colour (채색) is asked for, not flats (밑색)


@dataclass(frozen=True, slots=True)
class RegionBatch:
    """RegionMaps of one image size, padded to the same R and E."""

    label: Tensor  # (N, H, W) int64
    region_index: Tensor  # (N, H, W) int64
    across: Tensor  # (N, H, W) int64
    area: Tensor  # (N, R+1) float32
    weight: Tensor  # (N, R+1) float32
    edges: Tensor  # (N, E, 2) int64
    contact: Tensor  # (N, E) float32
    background: Tensor  # (N,) int64

    @property
    def n_slots(self) -> int:
        """R + 1."""
        return self.area.shape[1]


@dataclass(frozen=True, slots=True)
class SketchBatch:
    """Sketches of one image size. Optional fields are all present or all absent."""

    id: tuple[str, ...]
    line: Tensor  # (N, 1, H, W)
    regions: RegionBatch
    flats: Tensor | None = None  # (N, 3, H, W)
    alpha: Tensor | None = None  # (N, 1, H, W)
    fill: Tensor | None = None  # (N, 4, H, W)
    palette: Tensor | None = None  # (N, K, 3)
    share: Tensor | None = None  # (N, K), 0 = padding
    hint: Tensor | None = None  # (N, 4, H, W)
    rendering: Tensor | None = None  # (N,) bool
    # N numbers, the same for copies of one row; empty = no row is another's copy. An id is that of
    # a drawing, which may be there in several views
    row: tuple[int, ...] = ()

    def __len__(self) -> int:
        return self.line.shape[0]

    def to(self, device: torch.device | str) -> SketchBatch:
        """Where pinned, it is on its way when this returns."""
        return _map_tensors(self, lambda x: x.to(device, non_blocking=x.is_pinned()))

    def pin_memory(self) -> SketchBatch:
        """In memory that a GPU fetches by itself."""
        return _map_tensors(self, lambda x: x.pin_memory())

    def repeat(self, n: int) -> SketchBatch:
        """Each sketch ``n`` times in a row (a group of ``n`` samples per sketch)."""
        of = [i for i in range(len(self)) for _ in range(n)]
        return self._rows(of, lambda x: x.repeat_interleave(n, 0))

    def select(self, index: Sequence[int]) -> SketchBatch:
        """The rows ``index``, in that order."""
        rows = torch.as_tensor(index, dtype=torch.long, device=self.line.device)
        return self._rows(index, lambda x: x[rows])

    def _rows(self, of: Sequence[int], move: Callable[[Tensor], Tensor]) -> SketchBatch:
        row = self.row or range(len(self))
        made = _map_tensors(self, move)
        return replace(made, id=tuple(self.id[i] for i in of), row=tuple(row[i] for i in of))


@dataclass(frozen=True, slots=True)
class Rollout:
    """Sampled colourings with what an update needs to score them again.

    N = S x G rows: G samples in a row of each of S sketches, one micro-batch. Scoring it again
    with the same S and G repeats the same arithmetic, so the first ratio is exactly 1.
    """

    state: Tensor  # (N, T+1, *state) fp32, x at t[0] .. t[T]; of pixels (3, H, W) in [-1, 1]
    t: Tensor  # (T+1,) fp32, times from noise (1) to image (0)
    stochastic: Tensor  # (T,) bool, steps that carry a log-density
    sketch: SketchBatch  # S rows: the condition as realised (palette after dropout)
    logp: Tensor  # (N, T, R+1) fp32, log-density of each transition, summed per region
    count: Tensor  # (N, R+1) fp32, what the log-density of each region is counted in
    image: Tensor  # (N, 3, H, W) sRGB in [0, 1]
    group: Tensor  # (N,) int64, row of ``sketch`` that a sample colours
    seed: Tensor  # (N,) int64, the seed each sample's noise came from
    x0: Tensor | None = None  # (N, T, *state) fp32, the clean state predicted from each
    choice: Tensor | None = None  # (N, T, R+1) int64, where a step decides that and not the state
    # T+1 numbers, how many of the G chains differ at each state; empty = all do
    chains: tuple[int, ...] = ()

    @property
    def group_size(self) -> int:
        """G: colourings of each sketch, `trainer.group_size`."""
        return len(self.image) // len(self.sketch)

    def outcome(self, step: int) -> Tensor:
        """What a `Transition` of ``step`` gives the density of: the next state, or the choice."""
        return self.state[:, step + 1] if self.choice is None else self.choice[:, step]


@dataclass(frozen=True, slots=True)
class TermScore:
    """One reward term's reading of N images. Every value lies in [0, 1], 1 is best.

    ``region`` is the term as each region reads it and ``sensitivity`` how far the value moves when
    that reading moves by 1 (a unary term's weight; twice the share of a pairwise one), so that
    ``value - stake_r * (region_r - other)`` is the term with region r's reading replaced.
    """

    value: Tensor  # (N,)
    region: Tensor | None = None  # (N, R+1)
    sensitivity: Tensor | None = None  # (N, R+1)


@dataclass(frozen=True, slots=True)
class Scores:
    """What the rewards say of N images."""

    total: Tensor  # (N,) comparable between sketches, updates and runs
    training_reward: (
        Tensor  # (N,) what an update maximises: total, or one that compares within a group only
    )
    term: dict[str, Tensor]  # name -> (N,)
    region: dict[str, Tensor]  # name -> (N, R+1), terms with a region reading
    credit: (
        Tensor  # (N, R+1) difference reward: relative less that with the region at its group's mean
    )
