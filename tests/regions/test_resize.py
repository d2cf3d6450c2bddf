import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorrl.regions import resize
from colorrl.regions.graph import build
from colorrl.regions.resize import margins, resize_regions, shrink
from colorrl.regions.segment import segment
from tests.regions.drawings import draw


def test_majority_and_ink_share():
    label = np.ones((8, 8), np.int32)
    label[:, 3:5] = 0
    label[:, 5:] = 2
    small, kept = resize_regions(build(label, "sha"), (2, 2))
    assert small.label.tolist() == [[1, 2], [1, 2]]
    assert kept.tolist() == [0, 1, 2]


def test_cells_under_the_line_become_ink():
    label = np.ones((16, 16), np.int32)
    label[:, 8:12] = 0
    label[:, 12:] = 2
    assert resize_regions(build(label, "sha"), (4, 4))[0].label[0].tolist() == [1, 1, 0, 2]


@pytest.mark.parametrize(("inked", "cell"), [(1, 1), (2, 1), (3, 0)])
def test_a_cell_is_ink_when_more_than_half_of_it_is(inked, cell):
    label = np.ones((16, 16), np.int32)
    label[:, 4 : 4 + inked] = 0
    assert resize_regions(build(label, "sha"), (4, 4))[0].label[0].tolist() == [1, cell, 1, 1]


def test_vanished_regions_are_dropped_and_ids_are_consecutive():
    label = np.ones((16, 16), np.int32)
    label[0, 0] = 2
    label[8:, 8:] = 3
    small, kept = resize_regions(build(label, "sha"), (4, 4))
    assert kept.tolist() == [0, 1, 3]
    assert small.n_regions == 2 and small.label[3, 3] == 2


def test_an_eye_under_its_own_outline_stays():
    label = np.ones((40, 40), np.int32)
    label[10:20, 10:20] = 0
    label[13:17, 13:17] = 2
    assert 2 in resize_regions(build(label, "sha"), (8, 8))[1]


def test_the_same_size_changes_nothing():
    regions = segment(draw("face", 96, 3))
    same, kept = resize_regions(regions, (96, 96))
    assert (same.label == regions.label).all() and kept.tolist() == list(range(5))


@pytest.mark.parametrize("side", [64, 100, 200])
def test_area_shares_survive(side):
    regions = segment(draw("nested", 512, 5))
    small, kept = resize_regions(regions, (side, side))
    assert kept.tolist() == [0, 1, 2, 3, 4]
    before = np.bincount(regions.region_index.ravel()) / 512**2
    after = np.bincount(small.region_index.ravel()) / side**2
    assert np.abs(before - after).max() < 0.02  # half a cell along the longest outline


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(st.integers(1, 24), st.integers(1, 24)),
    st.tuples(st.integers(1, 30), st.integers(1, 30)),
    st.integers(0, 2**32 - 1),
)
def test_any_size(shape, size, seed):
    paper = np.random.default_rng(seed).random(shape) < 0.7
    regions = segment(paper.astype(np.float32), ball=0, min_area=1)
    small, kept = resize_regions(regions, size)
    assert small.label.shape == size
    assert len(kept) == small.n_regions + 1 and kept[0] == 0
    assert (np.diff(kept) > 0).all() and kept[-1] <= regions.n_regions
    assert (small.n_regions > 0) == (regions.n_regions > 0)


def test_sorting_and_counting_agree(monkeypatch):
    regions = segment(draw("star", 128, 3))
    counted, _ = resize_regions(regions, (30, 41))
    monkeypatch.setattr("colorrl.regions.cells.DENSE_COUNTERS", 0)
    sorted_, _ = resize_regions(regions, (30, 41))
    assert (counted.label == sorted_.label).all()


def test_sizes_must_be_positive():
    with pytest.raises(ValueError, match="positive"):
        resize_regions(segment(np.ones((4, 4), np.float32)), (0, 3))


@pytest.mark.parametrize("shape", [(90, 61), (40, 120), (9, 5)])
def test_bands_and_a_square_that_is_never_made_give_the_same(monkeypatch, shape):
    random = np.random.default_rng(0)
    region_index = random.integers(1, 7, shape).astype(np.int32)
    label = np.where(random.random(shape) < 0.4, 0, region_index).astype(np.int32)
    padded = [np.pad(image, margins(shape), constant_values=9) for image in (label, region_index)]
    small, kept = shrink(*padded, (16, 16))
    assert 9 in kept
    for band in (1, 300, resize.BAND):
        monkeypatch.setattr(resize, "BAND", band)
        for again in (shrink(label, region_index, (16, 16), around=9), shrink(*padded, (16, 16))):
            assert np.array_equal(again[0], small) and np.array_equal(again[1], kept)
