"""A colouring that is wrong in every way at once, and region loops to check terms against."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000

from colorrl.rewards.reading import Reading, paint, read
from colorrl.types import SketchBatch, TermScore


@pytest.fixture(scope="session")
def muddle(drawings: SketchBatch) -> torch.Tensor:
    """The flats with each region's colour moved, a stain across borders and pixel noise."""
    g = torch.Generator().manual_seed(7)
    n, slots = drawings.regions.area.shape
    moved = paint(0.3 * torch.randn(n, slots, 3, generator=g), drawings.regions.region_index)
    image = drawings.flats + moved + 0.05 * torch.randn(drawings.flats.shape, generator=g)
    image[:, :, 30:40, 10:50] = image[:, :, 34:35, 30:31]
    return image.clamp(0, 1)


@pytest.fixture(scope="session")
def reading(muddle: torch.Tensor, drawings: SketchBatch) -> Reading:
    return read(muddle, drawings)


@pytest.fixture(scope="session")
def d00() -> Callable[[torch.Tensor, torch.Tensor], float]:
    """scikit-image's CIEDE2000 of two Lab colours."""
    return lambda a, b: float(deltaE_ciede2000(np.asarray(a), np.asarray(b)))


@pytest.fixture(scope="session")
def add_up() -> Callable[[TermScore], torch.Tensor]:
    """1 - sum over regions of stake x shortfall: a unary term's value from its regions."""
    return lambda mark: 1 - (mark.sensitivity * (1 - mark.region)).sum(1)
