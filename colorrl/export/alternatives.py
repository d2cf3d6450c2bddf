"""NAME.alternatives.png: the colourings that a page was chosen from, best first, with scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from colorrl.export.composite import composite
from colorrl.export.painted import Painted
from colorrl.images.image import over_white

# px of the longer side of each, and how many stand in a row
SIDE, ACROSS = 360, 4


def write_alternatives(path: Path, page: Painted) -> None:
    """A contact sheet. Raises ValueError for a page with nothing to choose from."""
    from colorrl.report.sheet import Strip, draw_sheet  # late: few pages need torchvision

    if not page.alternatives:
        raise ValueError("alternatives: ask for several with samples=N")
    small = reduced(page, SIDE)
    pictures = [composite(small.instead(a)) for a in page.alternatives]
    captions = [
        f"{i}" if a.score is None else f"{i}: {a.score:.3f}"
        for i, a in enumerate(page.alternatives, 1)
    ]
    missing = -len(pictures) % min(ACROSS, len(pictures))
    pictures += [np.full_like(pictures[0], 255)] * missing
    captions += [""] * missing
    stacked = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 255
    n = min(ACROSS, len(pictures))
    rows = range(0, len(pictures), n)
    draw_sheet([Strip("", stacked[i : i + n], captions[i : i + n]) for i in rows], path, scale=1)


def reduced(page: Painted, side: int) -> Painted:
    """``page`` with every k-th pixel alone, so that its longer side is about ``side`` px."""
    step = max(1, round(max(page.region_index.shape) / side))
    # of a block the darkest pixel: a thin line must not fall between those that stay
    height, width = (max(1, s // step) for s in page.region_index.shape)
    line = over_white(page.line[: height * step, : width * step]).min(2, keepdims=True)
    darkest = line.reshape(height, step, width, step, 1).min((1, 3))
    region_index = page.region_index[: height * step : step, : width * step : step]
    return replace(
        page,
        tone=None,
        original=None,
        line=np.ascontiguousarray(darkest),
        region_index=np.ascontiguousarray(region_index),
    )
