"""Pictures made smaller by averaging over area."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def averaged(image: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """``image`` (H, W) or (H, W, C) at ``size`` px."""
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def averaged_fill(rgba: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """``rgba`` (H, W, 4) in [0, 1] at ``size`` px; colours weigh as much as they cover."""
    covered = rgba.copy()
    covered[..., :3] *= rgba[..., 3:]
    small = averaged(covered, size)
    small[..., :3] /= np.maximum(small[..., 3:], 1e-6)
    return small
