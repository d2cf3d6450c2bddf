from threading import Event

import pytest
import torch

from colorrl.data.ahead import batches
from colorrl.data.batch import collate
from tests.conftest import SCENES, draw


def batch_of(step):
    sketch = draw(list(SCENES)[step % len(SCENES)], 32)
    return collate([sketch, sketch], n_palette=8)


def faulty(step):
    raise ValueError(f"step {step} has no sketch")


@pytest.mark.parametrize("loaders", [0, 1, 2])
def test_every_step_has_its_batch_whoever_makes_it(loaders):
    found = list(batches(batch_of, 2, 7, loaders))
    assert len(found) == 5
    for step, batch in enumerate(found, 2):
        expected = batch_of(step)
        assert batch.id == expected.id and torch.equal(batch.flats, expected.flats)
        assert torch.equal(batch.regions.region_index, expected.regions.region_index)


def test_batches_are_made_before_they_are_asked_for():
    """Two ahead of each thread. Seen to fail with loaders=0: steps 1 and 2 wait for next()."""
    made = [Event() for _ in range(4)]

    def draw_and_note(step):
        made[step].set()
        return batch_of(step)

    drawn = batches(draw_and_note, 0, 4, 1)
    next(drawn)
    assert made[1].wait(timeout=60) and made[2].wait(timeout=60)
    drawn.close()


@pytest.mark.parametrize("loaders", [0, 1])
def test_a_fault_of_the_data_is_raised(loaders):
    with pytest.raises(ValueError, match="step 3 has no sketch"):
        next(batches(faulty, 3, 9, loaders))
