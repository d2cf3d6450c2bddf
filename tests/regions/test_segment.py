import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.measure import label as components
from skimage.metrics import adapted_rand_error

from colorrl.regions.segment import default_ball, part, segment
from tests.regions.drawings import NAMES, draw

REGIONS = {"circle in a square": 3, "nested": 4, "face": 4, "star": 3}


def same_partition(a, b):
    pairs = np.unique(np.stack([a.ravel(), b.ravel()]), axis=1)
    return pairs.shape[1] == len(np.unique(a)) == len(np.unique(b))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("side", "width"), [(128, 3), (512, 3), (512, 9)])
def test_closed_drawings_give_connected_components(name, side, width):
    line = draw(name, side, width)
    regions = segment(line)
    assert regions.n_regions == REGIONS[name]
    assert same_partition(regions.label.numpy(), segment(line, ball=0).label.numpy())


def dumbbell():
    """Two rooms joined by a corridor 10 px wide and 16 long in one closed outline, and a stroke."""
    inside = np.zeros((120, 220), np.uint8)
    inside[20:100, 20:100] = inside[20:100, 116:196] = inside[55:65, 100:116] = 1
    outline = cv2.dilate(inside, np.ones((5, 5), np.uint8)) - inside
    outline[5:8, 5:45] = 1
    return 1 - outline.astype(np.float32)


def test_a_neck_without_line_ends_does_not_split_a_region():
    assert segment(dumbbell(), ball=10).n_regions == 2  # the inside and the paper around it


def test_a_gap_of_the_same_width_does():
    line = np.ones((200, 200), np.float32)
    line[98:101, :96] = line[98:101, 104:] = 0
    assert segment(line, ball=8).n_regions == 2
    assert segment(line, ball=0).n_regions == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("gap", [0, 4, 8])
def test_gaps_are_closed(name, gap):
    truth = components(draw(name) > 0.5, connectivity=1)
    regions = segment(draw(name, gap=gap))
    error, _, _ = adapted_rand_error(truth, regions.region_index.numpy(), ignore_labels=[0])
    assert regions.n_regions == REGIONS[name]
    assert error <= 0.001  # the target of the segmentation study for gaps up to 8 px at 512 px


def test_without_a_ball_gaps_stay_open():
    assert segment(draw("nested", gap=8), ball=0).n_regions == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (5, 7), (64, 64)])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_empty_pages(shape, value):
    regions = segment(np.full(shape, value, np.float32))
    assert regions.n_regions == (1 if value == 1 and shape != (1, 1) else 0)
    assert regions.weight.sum() == 0
    assert regions.label.shape == regions.region_index.shape == regions.across.shape == shape
    assert regions.edges.shape == (0, 2)


def test_specks_count_as_ink():
    line = np.ones((40, 40), np.float32)
    line[10:15, 10:15] = 0
    line[12, 12] = 1
    assert segment(line).n_regions == 1
    assert segment(line, min_area=1).n_regions == 2


def test_light_pencil_and_gray_paper_have_lines():
    pale = 0.3 * draw("face") + 0.6
    assert segment(pale).n_regions == REGIONS["face"]


def test_the_sha_names_the_line():
    line = draw("face", 64, 2)
    assert segment(line).sha == segment(line.copy(), ball=0).sha != segment(line.T).sha


def test_balls_scale_with_line_and_page():
    assert default_ball(3, 512) == 10
    assert default_ball(3, 128) == 3
    assert default_ball(1, 4096) == 4


@pytest.mark.parametrize("line", [np.ones((4, 4), np.uint8), np.ones((1, 4, 4), np.float32)])
def test_wrong_inputs_are_refused(line):
    with pytest.raises(ValueError, match="line must be"):
        segment(line)


@settings(max_examples=40, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 40))), st.integers(0, 5))
def test_records_hold_together(paper, ball):
    regions = segment(paper.astype(np.float32), ball=ball, min_area=1)
    label, region_index, area = (
        t.numpy() for t in (regions.label, regions.region_index, regions.area)
    )
    assert np.array_equal(np.unique(np.append(label, 0)), np.arange(regions.n_regions + 1))
    assert np.array_equal(label > 0, paper)
    assert np.array_equal(region_index[paper], label[paper])
    assert (region_index > 0).all() or not paper.any()
    assert np.array_equal(area, np.bincount(label.ravel(), minlength=len(area)))
    assert (regions.edges[:, 0] < regions.edges[:, 1]).all() and (regions.contact > 0).all()
    counted = regions.n_regions - (regions.background > 0)
    assert regions.weight.sum().item() == pytest.approx(1 if counted else 0)
    assert regions.weight[0] == regions.weight[regions.background] == 0
    # a region never joins what lines keep apart
    parts = components(paper, connectivity=1)
    assert len(np.unique(np.stack([label[paper], parts[paper]]), axis=1).T) == regions.n_regions


@pytest.mark.parametrize("name", NAMES)
def test_a_partition_is_the_map_without_neighbors(name):
    line = draw(name, 128, 3)
    whole, paper = segment(line), part(line)
    for field in ("label", "region_index", "area"):
        assert getattr(paper, field).equal(getattr(whole, field))
    assert (paper.background, paper.sha) == (whole.background, whole.sha)
    assert paper.n_regions == whole.n_regions
