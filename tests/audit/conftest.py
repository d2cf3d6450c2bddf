"""Subjects of five drawings, and bars to hold them to."""

from collections.abc import Callable

import pytest
import torch

from colorrl.audit.subjects import Subjects, make_subjects
from colorrl.config.schema.audit import BarsConfig
from colorrl.rewards.total import TotalReward
from tests.tiny import GATED, composed


@pytest.fixture(scope="session")
def bars() -> BarsConfig:
    return composed("audit").bars


@pytest.fixture(scope="session")
def subjects(sketches) -> Callable[[dict], Subjects]:
    """Subjects of a reward made of the terms it is given."""
    return lambda terms: make_subjects(TotalReward(terms, GATED), sketches, 0, torch.device("cpu"))
