"""Which rendered pairs are good enough to learn from, and the reason when one is not."""

from __future__ import annotations

import numpy as np

from colorrl.config.schema.data import ScreenConfig
from colorrl.data.preparation.flats import Flats
from colorrl.data.preparation.render import on_white
from colorrl.data.source import Pixels, Rendering
from colorrl.types import RegionMap

FEW_REGIONS = "fewer than 2 enclosed regions"


def color_fault(
    drawing: Rendering, regions: RegionMap, flats: Flats, at: ScreenConfig
) -> str | None:
    """The first reason to drop a pair, None if there is none."""
    fill, line, whole = drawing.fill, drawing.line, drawing.whole
    assert fill is not None  # flats come from it
    reasons = {
        f"painted share below {at.min_painted:g}": flats.painted < at.min_painted,
        FEW_REGIONS: n_enclosed(regions) < 2,
        "flats x line art is not the drawing": whole is not None
        and unlike(fill, line, whole) > at.max_unlike,
        "translucent paint": translucent(fill, line) > at.max_translucent,
        "painted background": not drawing.backdrop and flats.color[regions.background, 3] > 0,
        "fewer than 2 fills": len(flats.palette) < 2,
        f"over {at.max_spilled:g} of the paint outside closed lines": not drawing.backdrop
        and flats.spilled > at.max_spilled,
        f"region purity below {at.min_agreement:g}": flats.agreement < at.min_agreement,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def shape_fault(regions: RegionMap) -> str | None:
    """Why a line art without colours is dropped, None if it is not."""
    return FEW_REGIONS if n_enclosed(regions) < 2 else None


def n_enclosed(regions: RegionMap) -> int:
    """How many regions are not the paper around the drawing."""
    return regions.n_regions - (regions.background > 0)


def unlike(fill: Pixels, line: Pixels, whole: Pixels) -> float:
    """Share of pixels where ``fill`` on white times ``line`` is over 0.15 from ``whole``."""
    product = on_white(fill).astype(np.float32) * line[..., None] / 255
    return float((np.abs(product - whole).max(-1) > 0.15 * 255).mean())


def translucent(fill: Pixels, line: Pixels) -> float:
    """Share of paper pixels that are neither painted nor bare."""
    alpha = fill[..., 3]
    return float(((alpha > 25) & (alpha < 230) & (line > 127)).mean())
