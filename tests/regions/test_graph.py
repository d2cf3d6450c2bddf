import numpy as np
import pytest
import torch

from colorrl.regions.graph import build, region_weight

# two rooms of 4 and 8 columns beside a wall of 2
WALL = np.zeros((6, 14), np.int32)
WALL[:, :4], WALL[:, 6:] = 1, 2


def test_ink_goes_to_the_nearest_region():
    region_index = build(WALL, "sha").region_index
    assert (region_index[:, :5] == 1).all() and (region_index[:, 5:] == 2).all()


def test_edges_and_contact_length():
    regions = build(WALL, "sha")
    assert regions.edges.tolist() == [[1, 2]]
    assert regions.contact.tolist() == [6]


def test_across_names_the_other_side_within_the_band():
    across = build(WALL, "sha").across
    assert (across[:, 1:5] == 2).all() and (across[:, 5:9] == 1).all()
    assert (across[:, 0] == 0).all() and (across[:, 9:] == 0).all()


def test_across_is_never_the_owner():
    rng = np.random.default_rng(0)
    _, label = np.unique(rng.integers(0, 9, (30, 30)), return_inverse=True)
    regions = build(label.reshape(30, 30).astype(np.int32), "sha")
    assert (regions.across != regions.region_index).all()


def test_background_is_the_paper_around_the_drawing():
    label = np.ones((20, 20), np.int32)
    label[5:15, 5:15] = 2
    assert build(label, "sha").background == 1
    label[0], label[-1], label[:, 0], label[:, -1] = 0, 0, 0, 0
    assert build(label, "sha").background == 0


def test_weight_is_half_area_and_half_count():
    area = np.array([10, 500, 60, 40], np.float32)
    assert region_weight(area, 1).tolist() == pytest.approx([0, 0, 0.55, 0.45])
    assert region_weight(area, 0).sum() == pytest.approx(1)


def test_absent_labels_are_refused():
    with pytest.raises(ValueError, match="consecutive"):
        build(np.full((3, 3), 2, np.int32), "sha")


def test_dtypes_are_those_of_the_record():
    regions = build(WALL, "sha")
    whole = (regions.label, regions.region_index, regions.across, regions.edges)
    assert {t.dtype for t in whole} == {torch.int32}
    assert {t.dtype for t in (regions.area, regions.weight, regions.contact)} == {torch.float32}
