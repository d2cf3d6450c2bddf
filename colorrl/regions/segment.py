"""Line art to regions: connected components of the paper, with gaps in the line closed."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from colorrl.regions.gaps import Trace, close_gaps
from colorrl.regions.graph import Labels, areas, build, partition
from colorrl.regions.ink import Mask, ink_mask, line_width
from colorrl.regions.repair import Repair, find_repairs
from colorrl.types import Partition, RegionMap

# raise when the same line gives other regions: prepared sets are made again
VERSION = 3
# largest ball: in widths of the line, and as a share of the page's longer side
BALL_PER_WIDTH = 4.0
BALL_PER_SIDE = 0.02
# on pages: widths, and pixels more, that the end of a lone stroke may lie from the line ahead
STRAND_PER_WIDTH, STRAND_MORE = 2.0, 2.0
# a gap of so many radii of the largest ball is closed
GAP_PER_BALL = 2.0


def line_sha(line: NDArray[np.float32]) -> str:
    """sha256 of a line art (H, W), shape included."""
    digest = hashlib.sha256(repr(line.shape).encode())
    digest.update(np.ascontiguousarray(line).data)
    return digest.hexdigest()


def segment(
    line: NDArray[np.float32],
    *,
    ink_threshold: float | None = None,
    ball: int | None = None,
    min_area: int | None = None,
) -> RegionMap:
    """The regions of ``line`` (H, W) float32 in [0, 1], 1 = paper.

    ``ink_threshold`` None: Otsu. ``ball``, the largest ball's radius in pixels, closes gaps up to
    about twice as long, thrice where two strokes face each other; None: from the line width and
    the resolution, 0: plain connected components. Smaller pieces of paper than ``min_area``
    pixels (None: half the line width squared, at least 4) count as ink. Raises ValueError unless
    ``line`` is a 2-D float image within [0, 1].
    """
    line = _checked(line)
    return build(
        _regions(ink_mask(line, ink_threshold), max(line.shape), ball, min_area), line_sha(line)
    )


def part(
    line: NDArray[np.float32], gap: float | None = None, trace: Trace | None = None
) -> Partition:
    """The regions of a page without their neighbours, in a third of the memory of ``segment``.

    They are those of ``segment`` but for strands: a stroke that ends within an area parts it only
    if it nearly meets a line. Gaps up to about ``gap`` px are closed, 0 = none; None: as wide as
    the lines and the page allow. Raises ValueError as it does.
    """
    line = _checked(line)
    sha, ink, side = line_sha(line), ink_mask(line), max(line.shape)
    del line  # four bytes a pixel
    ball = None if gap is None else round(gap / GAP_PER_BALL)
    return partition(_regions(ink, side, ball, None, trace, strand=gap or 0), sha)


def segment_and_log(
    line: NDArray[np.float32],
    *,
    ink_threshold: float | None = None,
    ball: int | None = None,
    min_area: int | None = None,
) -> tuple[RegionMap, Repair]:
    """``segment`` of the same arguments, and which gaps it closed and which slivers it merged."""
    line = _checked(line)
    trace = Trace()
    label = _regions(ink_mask(line, ink_threshold), max(line.shape), ball, min_area, trace)
    return build(label, line_sha(line)), find_repairs(label, trace)


def _regions(
    ink: Mask,
    side: int,
    ball: int | None,
    min_area: int | None,
    trace: Trace | None = None,
    strand: float = math.inf,
) -> Labels:
    width = line_width(ink)
    radius = default_ball(width, side) if ball is None else ball
    smallest = max(4, round(width**2 / 2)) if min_area is None else min_area
    strand = max(strand, STRAND_PER_WIDTH * width + STRAND_MORE)
    return _without_specks(close_gaps(ink, width, radius, smallest, trace, strand), smallest)


def default_ball(width: float, side: int) -> int:
    """Radius in pixels of the largest ball for lines of ``width`` px on a page of ``side`` px."""
    return max(1, round(min(BALL_PER_WIDTH * width, BALL_PER_SIDE * side)))


def _checked(line: NDArray[np.float32]) -> NDArray[np.float32]:
    if line.ndim != 2 or line.size == 0 or not np.issubdtype(line.dtype, np.floating):
        raise ValueError(f"line must be (H, W) float in [0, 1], got {line.dtype} {line.shape}")
    low, high = line.min(), line.max()
    if not (low >= 0 and high <= 1):  # NaN is neither
        raise ValueError(f"line must be within [0, 1], got {low:g} .. {high:g}")
    return np.ascontiguousarray(line, np.float32)


def _without_specks(label: Labels, smallest: int) -> Labels:
    """``label`` with pieces under ``smallest`` pixels set to 0, the others 1..R."""
    keep = areas(label) >= smallest
    keep[0] = False
    return np.where(keep, np.cumsum(keep), 0).astype(np.int32)[label]
