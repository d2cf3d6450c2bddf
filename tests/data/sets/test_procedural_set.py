import numpy as np
import pytest

from colorrl.data.preparation.pair import make_pair
from colorrl.data.sets.procedural_set import Procedural
from tests.data.svgs import prepare_config

SET = Procedural(6, 3, (3.0, 8.0), gapped=0.5, max_gap=16.0, hatched=0.5, aliased=0.5)


def test_every_seed_is_another_and_lies_in_one_split():
    drawings = SET.drawings(0, 0.1)
    assert [d.split for d in drawings] == ["train"] * 6 + ["val"] * 3 + ["test"] * 3
    assert len({d.id.rpartition("-")[2] for d in drawings}) == 12
    assert SET.drawings(0, 0.1) == drawings
    assert not {d.id for d in drawings} & {d.id for d in SET.drawings(1, 0.1)}


def test_a_drawing_is_a_function_of_its_name():
    name = SET.drawings(0, 0.1)[0].id
    a, b = SET.render(name, 64), SET.render(name, 64)
    assert np.array_equal(a.line, b.line) and np.array_equal(a.label, b.label)


@pytest.mark.parametrize("i", range(4))
def test_regions_of_the_set_are_the_drawings_own(i):
    """Gaps and hatching do not change them: each region has one colour throughout."""
    rendering = SET.render(SET.drawings(0, 0.1)[i].id, 128)
    pair = make_pair(rendering, 128, prepare_config(None).screen)
    assert not isinstance(pair, str), pair
    # regions under a few pixels of the page have no cell of their own at half the size
    assert 0.5 * rendering.label.max() <= pair.n_regions <= rendering.label.max()
    for region in range(1, rendering.label.max() + 1):
        assert len(np.unique(rendering.fill[rendering.label == region], axis=0)) == 1
