"""A small coloured page with all that can go wrong in one: names in three scripts, bare paper."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colorrl.config.schema.pages import LayerNames
from colorrl.export.journal import file_sha
from colorrl.export.painted import Painted, Source, Swatch

SKIN, HAIR, UNUSED = (255, 204, 153), (60, 30, 10), (1, 2, 3)
LAYERS = LayerNames(line="線画", flats="밑색", paper="용지")
PALETTE = (Swatch(SKIN, "피부"), Swatch(UNUSED, "unused"), Swatch(HAIR, "髪・かみ"))


def painted(folder: Path, channels: int = 1, **changes: Any) -> Painted:
    """24 x 40 px: paper (1), skin (2, 5), hair (3), a green of no palette (4); a file of its line.

    ``channels``: of the line, 1 to 4.
    """
    region_index = np.ones((24, 40), np.int32)
    (
        region_index[4:20, 4:12],
        region_index[4:20, 12:20],
        region_index[8:12, 24:36],
        region_index[14:18, 24:36],
    ) = 2, 3, 4, 5
    colors = np.array([[255] * 3, [9, 9, 9], SKIN, HAIR, (0, 200, 80), SKIN], np.uint8)
    line = np.random.default_rng(0).integers(0, 256, (24, 40, channels)).astype(np.uint8)
    path = folder / "선화.png"
    Image.fromarray(line.squeeze(2) if channels == 1 else line).save(path)
    page = Painted(
        source=Source("1화/선화.png", path, file_sha(path), None),
        line=line,
        region_index=region_index,
        colors=colors,
        bare=np.array([True, True, False, False, False, False]),
        confidence=np.linspace(0, 1, 6).astype(np.float32),
        palette=PALETTE,
        layers=LAYERS,
    )
    return replace(page, **changes)
