"""Line preservation: a picture that shows the line art keeps it, and adds no lines of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import max_pool2d

from colorrl.color import srgb_to_lab
from colorrl.rewards.reading import Reading, paint
from colorrl.types import SketchBatch, TermScore


@dataclass(frozen=True, slots=True)
class LinePreservation:
    """(1 - lost) (1 - min(1, added)), in [0, 1], for policies that emit the line.

    With lightness in [0, 1] and ink i = 1 - line art:
    lost = sum i max(0, L_out - L_line) / sum i, for ink may not become lighter;
    added = sum (1 - i) max(0, min(T_out - T_line, L_region - L_out)) / sum i, where T is the black
    top-hat, which holds what is darker than its surroundings and thinner than ``width`` (a share of
    the longer side), and L_region the lightness of the region's colour: thin dark paint is no line.

    The generators shipped here emit flats, which have no line: the composite keeps it by
    construction, and this term has no place. Cheated by a black page; every colour term stops
    that. No region reading, for lines lie between regions.
    """

    reads_regions: ClassVar[bool] = False
    role: str
    weight: float
    width: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        ours = reading.lab[:, :1] / 100  # (N, 1, H, W)
        line = srgb_to_lab(sketch.line.expand(-1, 3, -1, -1), 1)[:, :1] / 100
        ink = 1 - sketch.line
        whole = ink.sum((1, 2, 3)).clamp(min=1e-6)
        lost = (ink * (ours - line).clamp(min=0)).sum((1, 2, 3)) / whole
        darker = paint(reading.center[..., :1], sketch.regions.label) / 100 - ours
        new = (self._top_hat(ours) - self._top_hat(line)).minimum(darker).clamp(min=0)
        added = (sketch.line * new).sum((1, 2, 3)) / whole
        return TermScore((1 - lost) * (1 - added.clamp(max=1)))

    def _top_hat(self, lightness: Tensor) -> Tensor:
        """Closing less the image. Source: Serra 1982."""
        side = 2 * max(1, round(self.width * max(lightness.shape[2:]) / 2)) + 1
        return -_dilated(-_dilated(lightness, side), side) - lightness


def _dilated(image: Tensor, side: int) -> Tensor:
    """Largest value of each square of ``side`` pixels: rows first, then columns."""
    rows = max_pool2d(image, (1, side), 1, (0, side // 2))
    return max_pool2d(rows, (side, 1), 1, (side // 2, 0))
