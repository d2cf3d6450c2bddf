"""Label maps made by hand, whose errors are known."""

import numpy as np
import pytest

from colorrl.benchmarks.partition import Agreement, agreement

HALVES = np.repeat([1, 2], 100).reshape(20, 10).astype(np.int32)


def test_equal_partitions_agree_whatever_their_ids():
    assert agreement(HALVES, 7 - HALVES) == Agreement(0, 0, 0, n_true=2, n_found=2, n_matched=2)


def test_two_halves_found_as_one():
    found = agreement(HALVES, np.ones_like(HALVES))
    # pairs of pixels: 2 x 100 x 99 truly together, 200 x 199 found together, the former right
    assert found.are == pytest.approx(1 - 19800 / ((19800 + 39800) / 2))
    assert (found.voi_split, found.voi_merge) == (0, pytest.approx(1))  # one bit: which half
    assert (found.n_true, found.n_found, found.n_matched) == (2, 1, 0)


def test_one_region_found_as_four_quarters():
    quarters = 1 + np.arange(200).reshape(20, 10).astype(np.int32) // 50
    found = agreement(np.ones_like(HALVES), quarters)
    assert found.are == pytest.approx(1 - 4 * 50 * 49 / ((4 * 50 * 49 + 39800) / 2))
    assert (found.voi_split, found.voi_merge) == (pytest.approx(2), 0)
    assert (found.n_true, found.n_found, found.n_matched) == (1, 4, 0)


def test_a_region_is_found_at_nine_tenths_and_not_below():
    for lost, matched in ((10, 2), (11, 0)):  # IoU .9 and .909, then .89 and .901 of the other
        found = HALVES.copy()
        found.ravel()[:lost] = 2
        assert agreement(HALVES, found).n_matched == (matched if lost == 10 else 1)


def test_ink_of_the_truth_does_not_count():
    true, found = HALVES.copy(), HALVES.copy()
    true[8:12] = 0
    found[8:12] = 3  # a gap that was laid open may be anyone's
    assert agreement(true, found) == Agreement(0, 0, 0, n_true=2, n_found=2, n_matched=2)


def test_specks_are_not_looked_for_but_weigh():
    true, found = HALVES.copy(), HALVES.copy()
    true[0, :5], found[19, :5] = 3, 3
    counted = agreement(true, found)
    assert (counted.n_true, counted.n_found, counted.n_matched) == (2, 2, 2)
    assert counted.are > 0


def test_a_page_of_ink_has_no_truth():
    with pytest.raises(ValueError, match="no regions"):
        agreement(np.zeros_like(HALVES), HALVES)
