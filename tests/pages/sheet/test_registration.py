"""A drawing of our own found again where it was moved, turned and mirrored."""

import cv2
import numpy as np
import pytest
from scipy.spatial import cKDTree

from colorrl.pages.sheet.alignment import refined, similarity
from colorrl.pages.sheet.assignment import warped
from colorrl.pages.sheet.registration import mirror, placements, sources
from colorrl.pages.sheet.strokes import Strokes, read_marks


def placed(sheet, page):
    """Where all of ``sheet``, as one figure, stands on ``page``."""
    figure_map = np.ones(sheet.shape, np.int32)
    return placements(sources(sheet, figure_map), figure_map, page)


def figure(size=240, width=3):
    """A lopsided head in lines of ``width`` px: nothing of it looks like its mirror image."""
    line = np.ones((size, size), np.float32)
    cv2.ellipse(line, (120, 125), (70, 85), 0, 0, 360, 0.0, width)
    cv2.circle(line, (95, 110), 14, 0.0, width)
    cv2.circle(line, (150, 105), 20, 0.0, width)
    cv2.polylines(line, [np.array([[120, 120], [105, 150], [125, 152]])], False, 0.0, width)
    cv2.ellipse(line, (130, 180), (30, 10), 15, 0, 360, 0.0, width)
    hair = np.array([[60, 80], [40, 30], [90, 50], [120, 15], [150, 45]])
    cv2.polylines(line, [hair], False, 0.0, width)
    cv2.rectangle(line, (185, 100), (210, 140), 0.0, width)
    return line


def moved(line, matrix, shape):
    return cv2.warpAffine(line, matrix[:2], shape[::-1], flags=cv2.INTER_AREA, borderValue=1)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_figure_is_found_in_its_place(mirrored):
    line = figure()
    turn = np.radians(8)
    linear = 1.3 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    true = np.vstack([np.column_stack([linear, [60, 20]]), [0, 0, 1]])
    if mirrored:
        true = true @ mirror(line.shape[1])
    page = moved(line, true, (420, 460))
    found = placed(line, page)
    assert len(found) == 1 and found[0].score > 0.8
    corners = np.array([[40.0, 20, 1], [210, 20, 1], [40, 210, 1], [210, 210, 1]])
    off = corners @ (found[0].matrix - true[:2]).T
    # a pixel and a half: lines are three wide
    assert abs(off).max() < 1.5


def test_nothing_is_found_on_another_drawing_or_on_none():
    line = figure()
    page = np.ones((300, 300), np.float32)
    assert placed(line, page) == []
    cv2.rectangle(page, (30, 40), (250, 260), 0.0, 3)
    assert placed(line, page) == []
    assert placed(np.ones((50, 50), np.float32), line) == []


def test_similarity_of_exact_points():
    p = np.random.default_rng(0).normal(size=(9, 2))
    linear = np.array([[0.8, -0.6], [0.6, 0.8]]) * 3
    found = similarity(p, p @ linear.T + [5, -2])
    assert np.allclose(found, np.column_stack([linear, [5, -2]]))


def test_warped_keeps_values():
    ids = np.array([[0, 7], [7, 300]], np.int32)
    grown = warped(ids, np.array([[2.0, 0, 0.5], [0, 2, 0.5]]), (4, 4))
    assert set(np.unique(grown)) <= {0, 7, 300} and grown[3, 3] == 300


def test_hardly_a_line_is_found_nowhere():
    """Guards against places read off an empty list of points: a pale drawing has features and no
    line. Without ``proposals`` asking for FEWEST points this ends in an IndexError."""
    line, blank = figure(), np.ones((240, 240), np.float32)
    pale = 1 - (1 - line) * np.float32(0.07)
    assert len(read_marks(pale).feature) and not len(read_marks(pale).points)
    for nothing in (blank, pale):
        assert placed(nothing, line) == []
        assert placed(line, nothing) == []


def test_a_line_of_one_pixel_is_a_line():
    """Guards against a fixed threshold of .6: smoothing pales such a line to about that. With it
    a twelfth of the line is left, its corners."""
    thin = figure(width=1)
    assert len(read_marks(thin).points) > 0.8 * (thin < 0.5).sum()
    found = placed(thin, thin)
    assert found and found[0].score > 0.8


def test_what_meets_no_line_stays_where_it_was():
    """Without FEWEST in ``score`` the score is NaN, without it in ``refined`` so is the matrix."""
    dot = np.ones((300, 300), np.float32)
    cv2.circle(dot, (290, 290), 4, 0.0, 2)
    source, target = (Strokes.of(read_marks(line)) for line in (figure(), dot))
    start, everywhere = np.eye(3)[:2], np.ones((240, 240), bool)
    matrix, score = refined(start, source, everywhere, target, cKDTree(target.marks.points))
    assert (matrix == start).all() and score == 0
