"""Fill consistency that lets a region be shaded: one hue in calm tones instead of one colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import pad

from colorrl.color import delta_e_76
from colorrl.rewards.reading import Reading, paint, region_mean, region_sum
from colorrl.types import RegionBatch, SketchBatch, TermScore

BASE_DE = 0.5  # dE76 within which a pixel is of its region's colour and has no hue of its own


@dataclass(frozen=True, slots=True)
class Shading:
    """sum_r w_r mean_p exp(-(off_p) / tau) exp(-max(0, J_r - edges) / roughness), in [0, 1].

    off = max(0, dH - hue) + max(0, |dL| - reach): a pixel may be darker, lighter or more vivid than
    its region's colour, dH (dE76's part at right angles to lightness and chroma) within ``hue`` and
    dL within ``reach``. J_r is the mean jump between neighbouring pixels of a region, 0 up to
    ``smooth`` dE76 and 1 from ``sharp``: a gradient has none, a cel shadow only its outline;
    noise, dither and texture jump everywhere. ``tau`` in dE. 1 where consistency is 1.

    Cheated by large tones of one hue that no light would cast, and by soft blur: accuracy (which
    reads the region's median), leakage and the perceptual penalty bound that.
    """

    reads_regions: ClassVar[bool] = True
    role: str
    weight: float
    hue: float
    reach: float
    tau: float
    smooth: float
    sharp: float
    edges: float
    roughness: float

    def __call__(self, reading: Reading, sketch: SketchBatch, progress: float) -> TermScore:
        regions = sketch.regions
        hue, lightness = _hue_and_lightness(reading, regions)
        off = (hue - self.hue).clamp(min=0) + (lightness - self.reach).clamp(min=0)
        inlier = region_mean(torch.exp(-off / self.tau).unsqueeze(1), regions).squeeze(2)
        rough = (self._jumps(reading.lab, regions) - self.edges).clamp(min=0)
        region = inlier * torch.exp(-rough / self.roughness)
        sensitivity = regions.weight
        return TermScore((sensitivity * region).sum(1), region, sensitivity)

    def _jumps(self, lab: Tensor, regions: RegionBatch) -> Tensor:
        """(N, R+1) mean over a region's pixels of the largest jump within a 64th of the page.

        Between touching pixels alone it would halve when the same picture has twice the pixels.
        """
        reach = max(1, round(max(lab.shape[2:]) / 64))  # pixels
        found = lab.new_zeros(len(lab), 2, *lab.shape[2:])  # jumps and pairs, at the first pixel
        for axis in (1, 2):
            n = lab.shape[axis + 1] - reach
            first, own = lab.narrow(axis + 1, 0, n).movedim(1, -1), regions.label.narrow(axis, 0, n)
            jump = torch.zeros_like(own, dtype=lab.dtype)
            for away in range(1, reach + 1):
                one = own == regions.label.narrow(axis, away, n)
                other = lab.narrow(axis + 1, away, n).movedim(1, -1)
                step = (delta_e_76(first, other) - self.smooth) / (self.sharp - self.smooth)
                jump = jump.maximum(step.clamp(0, 1) * one)
            here = torch.stack([jump * one, one.to(lab.dtype)], 1)
            found = found + pad(here, (0, reach, 0, 0) if axis == 2 else (0, 0, 0, reach))
        sums = region_sum(found, regions)
        return sums[..., 0] / sums[..., 1].clamp(min=1)


def _hue_and_lightness(reading: Reading, regions: RegionBatch) -> tuple[Tensor, Tensor]:
    """(N, H, W) distances in hue and in lightness of pixels to their region's colour, in dE76."""
    center = paint(reading.center, regions.label)
    (_, a, b), (_, a0, b0) = reading.lab.unbind(1), center.unbind(1)
    # sqrt(da^2 + db^2 - dC^2) = sqrt(2 (C C0 - a a0 - b b0)), without its infinite slope at 0
    chroma = (a.square() + b.square() + 1e-6).sqrt() * (a0.square() + b0.square() + 1e-6).sqrt()
    hue = (2 * (chroma - a * a0 - b * b0)).clamp(min=1e-6).sqrt()
    lightness = (reading.lab[:, 0] - center[:, 0]).abs()
    base = reading.spread < BASE_DE
    return torch.where(base, 0.0, hue), torch.where(base, 0.0, lightness)
