"""A small run's configuration."""

import pytest

from tests.tiny import train_config


@pytest.fixture
def cfg(run_inputs, tmp_path):
    return train_config(run_inputs, tmp_path, "trainer.eval_sketches=1")
