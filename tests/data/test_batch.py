from dataclasses import replace

import pytest
import torch

from colorrl.data.batch import collate
from tests.conftest import SCENES, draw


@pytest.fixture(scope="module")
def sketches():
    return [draw(name, 64) for name in SCENES]


def test_rows_are_the_sketches_and_padding_is_nothing(sketches):
    batch = collate(sketches, n_slots=12, n_palette=9)
    assert batch.regions.n_slots == 12 and batch.palette.shape == (5, 9, 3)
    for i, sketch in enumerate(sketches):
        n, k = sketch.regions.n_regions + 1, len(sketch.palette)
        assert batch.id[i] == sketch.id
        torch.testing.assert_close(batch.flats[i], sketch.flats, rtol=0, atol=0)
        assert (batch.regions.region_index[i] == sketch.regions.region_index).all()
        assert (batch.regions.area[i, :n] == sketch.regions.area).all()
        assert not batch.regions.area[i, n:].any() and not batch.regions.weight[i, n:].any()
        e = len(sketch.regions.edges)
        assert (batch.regions.edges[i, :e] == sketch.regions.edges).all()
        assert not batch.regions.contact[i, e:].any()
        assert (batch.palette[i, :k] == sketch.palette).all() and not batch.share[i, k:].any()
    assert batch.regions.label.dtype == batch.regions.edges.dtype == torch.int64


def test_a_sketch_does_not_depend_on_its_batch_mates(sketches):
    alone, together = collate(sketches[1:2], n_slots=12), collate(sketches, n_slots=12).select([1])
    assert torch.equal(alone.regions.weight, together.regions.weight)
    assert torch.equal(alone.line, together.line)


def test_unpaired_sketches(sketches):
    bare = [
        replace(s, flats=None, alpha=None, fill=None, palette=None, share=None) for s in sketches
    ]
    batch = collate(bare)
    assert batch.flats is batch.palette is batch.share is None
    with pytest.raises(ValueError, match="house has no palette"):
        collate([sketches[0], replace(sketches[1], palette=None)])


def test_what_does_not_fit_is_refused(sketches):
    with pytest.raises(ValueError, match="no sketches"):
        collate([])
    with pytest.raises(ValueError, match="region ids, the batch has room for 3"):
        collate(sketches, n_slots=3)
    with pytest.raises(ValueError, match="palette colours, the batch has room for 2"):
        collate(sketches, n_palette=2)
    with pytest.raises(ValueError, match="one size"):
        collate([sketches[0], draw("fish", 32)])
