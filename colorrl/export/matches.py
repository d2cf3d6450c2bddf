"""NAME.matches.png: what sheet and hints decided on a page, and where a person should look."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from colorrl.export.composite import composite
from colorrl.export.painted import Painted
from colorrl.export.png import save

# sRGB of the frames: decided by the sheet, found there but not surely, given by hand
SURE, UNSURE, HINT = (0, 150, 60), (230, 0, 0), (0, 60, 230)
# one px of frame for so many of the page's longer side
SIDE_PER_PX = 250
# share of the picture's own darkness that is left: a frame within a thick black line shows as well
FADED = 0.5


def write_matches(path: Path, page: Painted) -> None:
    """The page, paler, with each region framed: green, the sheet's colour; red, not sure and so the
    generator's colour; blue, a hint's. Regions that they leave bare are framed like others; what
    stays paper by a rule has no frame, nor what a generator coloured without a sheet.
    """
    pale = np.rint(255 - FADED * (255 - np.arange(256))).astype(np.uint8)
    picture = pale[composite(page)]
    frame = {"sheet": SURE, "hint": HINT} | ({} if page.match is None else {"generator": UNSURE})
    table = np.array([frame.get(by, (0, 0, 0)) for by in page.by], np.uint8)
    framed = np.array([by in frame for by in page.by])[page.region_index]
    width = max(1, round(max(page.region_index.shape) / SIDE_PER_PX))
    ids = page.region_index.astype(np.float32)
    box = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    inner = (cv2.erode(ids, box) == ids) & (cv2.dilate(ids, box) == ids)
    at = framed & ~inner
    picture[at] = table[page.region_index[at]]
    save(path, Image.fromarray(picture))
