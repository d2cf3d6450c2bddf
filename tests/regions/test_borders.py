import numpy as np
import pytest
import torch

from colorrl.regions.borders import fineness
from colorrl.regions.graph import build


def wall(width: int) -> np.ndarray:
    """Two rooms on a page of 64 px, beside a wall of ``width`` columns."""
    label = np.ones((64, 64), np.int32)
    label[:, 30 : 30 + width], label[:, 30 + width :] = 0, 2
    return label


def twice(label: np.ndarray) -> np.ndarray:
    return label.repeat(2, axis=0).repeat(2, axis=1)


def tripod(size: int) -> np.ndarray:
    """Three rooms that meet in the middle of a page, in lines of one pixel at 64 px."""
    y, x = (np.mgrid[:size, :size] + 0.5) / size - 0.5
    turn = (np.arctan2(y, x) + 0.4) % (2 * np.pi) * 3 / (2 * np.pi)
    away = np.hypot(x, y) * np.sin(np.minimum(turn % 1, 1 - turn % 1) * 2 * np.pi / 3)
    label = np.where(away < 0.5 / 64, 0, 1 + turn.astype(np.int32))
    return label.astype(np.int32)


def test_the_fine_page_is_one_for_all_resolutions_below_it():
    assert [fineness((s, s // 2)) for s in (64, 96, 128, 255, 256, 2048)] == [4, 4, 2, 2, 1, 1]


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_the_border_runs_through_the_middle_of_a_line_of_any_width(width):
    """A line of one or three pixels was parted half a pixel off: a row more on one side."""
    across = build(wall(width), "").across
    left, right = across[:, :30], across[:, 30 + width :]
    assert (left > 0).sum() == (right > 0).sum() > 0
    assert set(left.unique().tolist()) == {0, 2} and set(right.unique().tolist()) == {0, 1}


@pytest.mark.parametrize("size", [32, 64, 128])
def test_contacts_double_with_the_resolution(size):
    small, large = build(tripod(size), ""), build(twice(tripod(size)), "")
    assert torch.equal(small.edges, large.edges) and small.n_regions == 3
    torch.testing.assert_close(large.contact, 2 * small.contact, rtol=0, atol=0)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_the_band_doubles_with_the_resolution(width):
    """Within half a row of the coarse page, which it may end in; a whole one was too much."""
    small, large = (build(label, "").across for label in (wall(width), twice(wall(width))))
    for side in (np.s_[:30], np.s_[30 + width :]):
        rows = int((small[0, side] > 0).sum())
        fine = slice(*(None if at is None else 2 * at for at in (side.start, side.stop)))
        assert abs(int((large[0, fine] > 0).sum()) / 2 - rows) <= 0.5


def test_on_a_page_too_large_to_refine_contacts_still_agree():
    """Off by about a pixel at either end of a contact of a hundred or more."""
    small, large = build(tripod(256), ""), build(twice(tripod(256)), "")
    torch.testing.assert_close(large.contact, 2 * small.contact, rtol=0.03, atol=0)


def test_every_pixel_of_a_line_between_two_regions_names_the_other():
    """What cuts gaps into lines looks for these (data/line_art.py)."""
    regions = build(wall(1), "")
    assert (regions.across[:, 30] + regions.region_index[:, 30] == 3).all()
