"""What a RegionMap and a Palette promise, checked on whatever was made."""

from __future__ import annotations

import torch

from colorrl.palette import Palette
from colorrl.types import RegionMap


def flaw(found: RegionMap | Palette) -> str:
    """The first promise that ``found`` breaks, "" if it keeps them all."""
    checks = _of_palette(found) if isinstance(found, Palette) else _of_regions(found)
    return next((name for name, holds in checks.items() if not holds), "")


def _of_palette(palette: Palette) -> dict[str, bool]:
    inside = (palette.colors >= 0) & (palette.colors <= 1)  # NaN is not
    return {
        "a palette has colours": len(palette) > 0,
        "each colour has a name": palette.colors.shape == (len(palette.names), 3),
        "colours lie in [0, 1]": bool(inside.all()),
    }


def _of_regions(regions: RegionMap) -> dict[str, bool]:
    n = regions.n_regions
    count = torch.bincount(regions.label.flatten().long(), minlength=n + 1)
    low, high = regions.edges.long().unbind(1)
    return {
        "labels are 0..R": len(count) == n + 1 and bool((count[1:] > 0).all()),
        "areas are counts": torch.equal(count.float(), regions.area),
        "ink has an owner": not n or bool((regions.region_index > 0).all()),
        "regions own themselves": bool(
            ((regions.label == 0) | (regions.label == regions.region_index)).all()
        ),
        "shapes agree": regions.label.shape == regions.region_index.shape == regions.across.shape,
        "weights sum to 1 or are 0": abs(regions.weight.sum().item() - 1) < 1e-4
        or not regions.weight.any(),
        "edges are pairs of regions": bool(((low > 0) & (low < high) & (high <= n)).all()),
        "contacts are lengths": bool((regions.contact > 0).all())
        and bool(regions.contact.isfinite().all()),
        "the background is a region": 0 <= regions.background <= n,
    }
