import numpy as np
import pytest

from colorrl.regions.seams import EDGES_PER_LENGTH, find_seams, merge_slivers, merged

# one component: 1 above 2 on the left, 3 on the right; 4 beyond a wall
LABEL = np.array(
    [
        [1, 1, 3, 3, 0, 4],
        [1, 1, 3, 3, 0, 4],
        [2, 2, 3, 3, 0, 4],
        [2, 2, 3, 3, 0, 4],
        [2, 2, 3, 3, 0, 4],
    ],
    np.int32,
)
HOME = np.where(LABEL == 4, 2, LABEL > 0).astype(np.int32)


def table(seams):
    return {tuple(p): n for p, n in zip(seams.pair.tolist(), seams.edges.tolist(), strict=True)}


def test_seams_are_between_pieces_of_one_component():
    seams = find_seams(LABEL, HOME)
    assert table(seams) == {(1, 2): 2, (1, 3): 2, (2, 3): 3}
    assert seams.length.sum() == pytest.approx(7 / EDGES_PER_LENGTH)
    assert np.bincount(seams.stretch).tolist() == seams.edges.tolist()


def test_components_that_touch_have_no_seam():
    touching = np.where(LABEL == 0, 4, LABEL).astype(np.int32)
    home = np.where(touching == 4, 2, 1).astype(np.int32)
    assert table(find_seams(touching, home)) == table(find_seams(LABEL, HOME))


def test_two_openings_are_two_stretches():
    label = np.ones((9, 9), np.int32)
    label[5:] = 2
    label[4, 2:7] = label[5, 2:7] = 0
    seams = find_seams(label, (label > 0).astype(np.int32))
    assert seams.pair.tolist() == [[1, 2], [1, 2]] and seams.edges.tolist() == [2, 2]


def test_a_sliver_joins_the_longest_seam():
    # 1 has four pixels, as long a seam with 2 as with 3: the lower id takes it; 2 has six
    assert np.array_equal(merge_slivers(LABEL, HOME, 5) > 1, LABEL > 2)
    longer = LABEL.copy()
    longer[0, 0] = 3
    home = np.where(longer == 4, 2, longer > 0).astype(np.int32)
    joined = merge_slivers(longer, home, 4)
    assert joined[0, 1] == joined[0, 2] != joined[3, 0]


def test_a_sliver_alone_stays():
    assert np.array_equal(merge_slivers(LABEL, HOME, 1), LABEL)
    assert merge_slivers(LABEL, HOME, 100)[0, 5] not in merge_slivers(LABEL, HOME, 100)[:, :4]


def test_merging_a_chain():
    assert merged(LABEL, np.array([[1, 2], [2, 3]])).max() == 2
    assert merged(LABEL, np.zeros((0, 2), np.int64)) is LABEL


def test_no_paper():
    ink = np.zeros((3, 3), np.int32)
    assert len(find_seams(ink, ink).pair) == 0
    assert np.array_equal(merge_slivers(ink, ink, 9), ink)
