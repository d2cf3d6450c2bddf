from pathlib import Path

import pytest

from colorrl.data.sets.openmoji import OpenMoji
from colorrl.scripts.prepare import prepare
from tests.data.svgs import prepare_config, write_drawings


@pytest.fixture(scope="session")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of the prepared set; with this seed, 1F3AF is in val and the others in train."""
    root = tmp_path_factory.mktemp("datasets")
    prepare(OpenMoji(write_drawings(root / "svg")), prepare_config(root, seed=5))
    return root / "작은 세트"


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[2]
