import time

import pytest
import torch

from colorrl.data.ahead import batches
from colorrl.data.batch import collate
from tests.conftest import SCENES, draw

SLOW_S = 0.3


def batch_of(step):
    sketch = draw(list(SCENES)[step % len(SCENES)], 32)
    return collate([sketch, sketch], n_palette=8)


def slow(step):
    time.sleep(SLOW_S)
    return batch_of(step)


def faulty(step):
    raise ValueError(f"step {step} has no sketch")


@pytest.mark.parametrize("loaders", [0, 1, 2])
def test_every_step_has_its_batch_whoever_makes_it(loaders):
    found = list(batches(batch_of, 2, 7, loaders))
    assert len(found) == 5
    for step, batch in enumerate(found, 2):
        expected = batch_of(step)
        assert batch.id == expected.id and torch.equal(batch.flats, expected.flats)
        assert torch.equal(batch.regions.owner, expected.regions.owner)


def test_steps_do_not_wait_for_what_is_made_ahead():
    drawn = batches(slow, 0, 4, 1)
    next(drawn)
    time.sleep(3 * SLOW_S + 1)  # a step; the margin is for a busy machine
    began = time.monotonic()
    next(drawn)
    next(drawn)
    assert time.monotonic() - began < SLOW_S  # two made when asked for would take twice that


@pytest.mark.parametrize("loaders", [0, 1])
def test_a_fault_of_the_data_is_raised(loaders):
    with pytest.raises(ValueError, match="step 3 has no sketch"):
        next(batches(faulty, 3, 9, loaders))
