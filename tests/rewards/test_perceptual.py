import pytest
import torch

from colorrl.data.augmentation.augment import recolor
from colorrl.data.batch import collate
from colorrl.rewards.perceptual import Perceptual
from colorrl.rewards.reading import read
from tests.conftest import SCENES, draw


@pytest.fixture(scope="module")
def term() -> Perceptual:
    return Perceptual(role="penalty", weight=0.2, net="alex")


def test_value_is_one_minus_lpips_of_the_composites(term, drawings, muddle):
    value = term(read(muddle, drawings), drawings, 1.0).value
    theirs = term.model(muddle * drawings.line, drawings.flats * drawings.line, normalize=True)
    torch.testing.assert_close(value, 1 - theirs.flatten(), atol=1e-5, rtol=0)
    assert value.max() < 0.95


def test_truths_shared_by_a_group_are_matched_to_their_rows(term, drawings):
    sketch = drawings.select([2, 0, 2, 4, 0])
    value = term(read(sketch.flats, sketch), sketch, 1.0).value
    torch.testing.assert_close(value, torch.ones(5))


def test_paint_under_the_line_is_not_seen(term, drawings):
    inked = torch.where(drawings.line == 0, 0.3, drawings.flats)
    value = term(read(inked, drawings), drawings, 1.0).value
    torch.testing.assert_close(value, torch.ones(5))


def test_a_drawing_that_is_there_twice_is_held_against_its_own_view(term):
    """As a training set smaller than an update shows it: one drawing, two colourings."""
    sketch = draw(next(iter(SCENES)), 64)
    other = recolor(sketch, 1 - sketch.palette)
    batch = collate([sketch, other]).repeat(2)
    value = term(read(batch.flats, batch), batch, 1.0).value
    torch.testing.assert_close(value, torch.ones(4))
