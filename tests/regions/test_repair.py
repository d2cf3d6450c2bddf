import numpy as np
import pytest

from colorrl.regions.repair import AHEAD, BALL, FACING, KINDS
from colorrl.regions.segment import segment_and_log
from tests.regions.drawings import draw


def page(*boxes):
    line = np.ones((200, 200), np.float32)
    for rows, columns in boxes:
        line[slice(*rows), slice(*columns)] = 0
    return line


def test_a_closed_gap_is_logged_with_place_length_and_sides():
    regions, repair = segment_and_log(page(((98, 101), (0, 96)), ((98, 101), (104, 200))))
    assert repair.gap_kind.tolist() == [FACING]
    assert repair.gap_length == pytest.approx([8], abs=1)
    (x0, y0), (x1, y1) = sorted(repair.gap[0].tolist())
    assert (x0, x1) == pytest.approx((96, 103), abs=1) and {y0, y1} <= {97, 98, 99, 100}
    above, below = regions.label[0, 0].item(), regions.label[-1, 0].item()
    assert sorted(repair.gap_regions[0].tolist()) == sorted([above, below])


def test_an_end_before_a_line_is_logged_as_such():
    line = page(((0, 200), (150, 153)), ((98, 101), (0, 146)))
    _, repair = segment_and_log(line)
    assert repair.gap_kind.tolist() == [AHEAD]
    assert repair.gap[0, :, 0].min() == pytest.approx(146, abs=1)
    assert repair.gap[0, :, 0].max() == pytest.approx(149, abs=1)


def test_closed_drawings_and_open_gaps_log_no_repair():
    assert segment_and_log(draw("face"))[1].as_dict() == {"gaps": [], "slivers": []}
    assert segment_and_log(draw("face", gap=8), ball=0)[1].as_dict() == {"gaps": [], "slivers": []}


def test_every_gap_of_a_drawing_is_in_the_log():
    _, repair = segment_and_log(draw("nested", gap=8))
    assert len(repair.gap) == 6  # three curves, two gaps each
    assert repair.gap_length == pytest.approx([8] * 6, abs=2)
    record = repair.as_dict()["gaps"]
    assert all(KINDS.index(row["kind"]) in (FACING, AHEAD, BALL) for row in record)
    assert all(isinstance(c, int) for row in record for c in row["from"] + row["to"])


def test_slivers_lie_in_the_region_that_took_them():
    regions, repair = segment_and_log(draw("face", 256, 2, gap=7))
    label = regions.label.numpy()
    x, y = repair.sliver.T
    assert (label[y, x] == repair.sliver_region).all()
    assert (repair.sliver_area < regions.area.numpy()[repair.sliver_region]).all()
