"""Two heads of one shape on a sheet: what both wear is certain, whoever stands on the page."""

import cv2
import numpy as np
import pytest

from colorrl.pages.sheet.lookalikes import lookalikes
from colorrl.pages.sheet.match import TOLD_APART, match
from colorrl.pages.sheet.registration import placements, sources
from colorrl.pages.sheet.sheet import figures
from colorrl.pages.sheet.strokes import Strokes
from colorrl.regions.segment import segment
from tests.pages.sheet.test_match import colored
from tests.pages.sheet.test_registration import figure

FACE, EYE = (150, 60), (105, 150)  # row and column in ``figure``
BESIDE = 240 + 40  # columns from it to its sister on the sheet


def sister():
    """``figure``'s outline with other parts in it and about it."""
    line = np.ones((240, 240), np.float32)
    cv2.ellipse(line, (120, 125), (70, 85), 0, 0, 360, 0.0, 3)
    cv2.rectangle(line, (80, 90), (112, 120), 0.0, 3)
    cv2.rectangle(line, (130, 90), (165, 120), 0.0, 3)
    cv2.line(line, (105, 185), (150, 165), 0.0, 3)
    cv2.circle(line, (120, 20), 18, 0.0, 3)
    cv2.line(line, (50, 210), (190, 210), 0.0, 3)
    cv2.rectangle(line, (20, 100), (45, 140), 0.0, 3)
    return line


@pytest.fixture(scope="module")
def sheet():
    """Both heads, their faces in one colour, or nearly."""
    both = colored(figure(), sister())
    row, column = FACE
    both.colors[both.region_index[row, column]] = 200, 150, 120
    both.colors[both.region_index[row, column + BESIDE]] = 201, 151, 121
    return both


def test_look_alikes_are_matched_region_by_region(sheet):
    found = lookalikes(sheet, figures(sheet), list(sources(sheet.line, figures(sheet))))
    for row, column in (FACE, EYE):
        region = sheet.region_index[row, column]
        assert found.same[region] == ((row, column) == FACE)
        assert found.other[region] == ((row, column) == EYE)
    assert found.same[sheet.region_index[FACE[0], FACE[1] + BESIDE]]
    assert not (found.same & found.other).any()


def test_a_figures_distance_maps_are_made_once_whatever_it_is_laid_on(monkeypatch):
    """32 bytes a pixel and seconds of a large sheet. Seen to fail with maps for each pair."""
    sheet, made, real = colored(figure(), sister(), figure()), [], Strokes.of
    drawn = figures(sheet)
    known = list(sources(sheet.line, drawn))
    monkeypatch.setattr(Strokes, "of", lambda marks: made.append(marks) or real(marks))
    lookalikes(sheet, drawn, known)
    assert len(made) == int(drawn.max()) + len(known)  # as targets, and as what is laid on them


def test_figures_of_different_looks_say_nothing_of_each_other():
    other = np.ones((240, 240), np.float32)
    cv2.rectangle(other, (30, 30), (200, 220), 0.0, 3)
    cv2.line(other, (30, 100), (200, 150), 0.0, 3)
    cv2.circle(other, (120, 180), 25, 0.0, 3)
    for drawn in ((figure(), other), (figure(),)):
        sheet = colored(*drawn)
        found = lookalikes(sheet, figures(sheet), list(sources(sheet.line, figures(sheet))))
        assert not found.same.any() and not found.other.any()


def test_a_color_shared_with_a_look_alike_stays_sure(sheet):
    """The page is the first head, and its lines say so by far: without lookalikes its eye is sure
    as well."""
    line = figure()
    margins = [
        p.margin for p in placements(sources(sheet.line, figures(sheet)), figures(sheet), line)
    ]
    assert margins and min(margins) > TOLD_APART
    page = segment(line)
    found = match(sheet, line, page.region_index.numpy(), page.background)
    face, eye = (int(page.region_index[place]) for place in (FACE, EYE))
    assert found.sure[face] and not found.sure[eye]
    assert found.region[eye] == sheet.region_index[EYE]


def test_one_color_on_both_is_sure_where_scores_are_equal():
    """Of two equal heads neither wins by a margin: without ``same`` no region is sure."""
    twins = colored(figure(), figure())
    for region in np.unique(twins.region_index[:, BESIDE:]):
        row, column = np.argwhere(twins.region_index[:, BESIDE:] == region)[0]
        twins.colors[region] = twins.colors[twins.region_index[row, column]]
    page = segment(figure())
    found = match(twins, figure(), page.region_index.numpy(), page.background)
    assert found.sure.sum() == page.n_regions - 1  # all but the paper
