"""A coloured picture of a line art as its fill: what lies under the lines, and what is bare."""

from __future__ import annotations

import cv2
import numpy as np

from colorrl.data.preparation.flats import PAPER
from colorrl.data.source import Pixels

# paper or paint that no line darkens, of 255: softer shadows are no ink
CLEAN = 245
# paper of an opaque picture, of 255
WHITE = 245


def under_ink(picture: Pixels, line: Pixels) -> Pixels:
    """``picture`` (H, W, 4) with pixels that ``line`` (H, W) darkens as the nearest it does not.

    A picture contains its lines, and what is painted beside a line may end before it.
    """
    dark = (line < CLEAN).astype(np.uint8)
    if dark.all():
        return picture
    _, seed = cv2.distanceTransformWithLabels(
        dark, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    clean = np.zeros((int(seed.max()) + 1, 4), np.uint8)
    clean[seed[dark == 0]] = picture[dark == 0]
    return clean[seed]


def without_paper(picture: Pixels) -> Pixels:
    """``picture`` (H, W, 4) with the white that reaches its edge transparent, if it is opaque.

    White inside the drawing is taken for paint.
    """
    if (picture[..., 3] < 255).any():
        return picture
    white = (picture[..., :3].min(-1) >= WHITE).astype(np.uint8)
    _, piece = cv2.connectedComponents(white, connectivity=4)
    edge = np.concatenate([piece[0], piece[-1], piece[:, 0], piece[:, -1]])
    bare = np.isin(piece, np.setdiff1d(edge, [0]))
    return np.where(bare[..., None], np.array(PAPER, np.uint8), picture)
