"""How far a segmentation is from the true one. Where the truth is ink (0), nothing counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skimage.metrics import adapted_rand_error, contingency_table, variation_of_information

from colorrl.regions.graph import Labels

SMALLEST = 25  # pixels: regions up to this size are not looked for one by one
MATCH = 0.9  # intersection over union at which a region is found


@dataclass(frozen=True, slots=True)
class Agreement:
    """A found partition against the true one."""

    are: float  # adapted Rand error, 0 = equal
    voi_split: float  # bits: H(found | true), what was cut apart
    voi_merge: float  # bits: H(true | found), what was joined
    n_true: int  # true regions over SMALLEST pixels
    n_found: int  # found regions over SMALLEST pixels
    n_matched: int  # true regions over SMALLEST pixels with a found one at IoU >= MATCH


def agreement(true: Labels, found: Labels) -> Agreement:
    """Compare label maps (H, W), in ``true`` 0 = ink; a 0 of ``found`` is one more region.

    Sources: Arganda-Carreras et al. 2015 (adapted Rand error), Meila 2007 (variation of
    information), both as in scikit-image. Raises ValueError if nothing is left to compare.
    """
    if not true.any():
        raise ValueError("the truth has no regions")
    true, found = true[true > 0], found[true > 0]
    table = contingency_table(true, found, sparse_type="array")
    error, _, _ = adapted_rand_error(table=table)
    split, merge = variation_of_information(true, found)
    return Agreement(float(error), float(split), float(merge), *_counts(table.toarray()))


def _counts(shared: np.ndarray) -> tuple[int, int, int]:
    """Numbers of true, found and matched regions from ``shared`` (true, found) pixels."""
    area, found = shared.sum(1, keepdims=True), shared.sum(0, keepdims=True)
    overlap = shared / np.maximum(area + found - shared, 1)
    large = area[:, 0] > SMALLEST
    matched = large & (overlap.max(1) >= MATCH)
    return int(large.sum()), int((found > SMALLEST).sum()), int(matched.sum())
