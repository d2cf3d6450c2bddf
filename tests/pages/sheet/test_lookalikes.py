"""Two heads of one shape on a sheet: what both wear is certain, whoever stands on the page."""

import cv2
import numpy as np
import pytest

from colorrl.pages.sheet.lookalikes import lookalikes
from colorrl.pages.sheet.match import TOLD_APART, match
from colorrl.pages.sheet.registration import placements
from colorrl.pages.sheet.sheet import figures
from colorrl.regions.segment import segment
from tests.pages.sheet.test_match import coloured
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
    both = coloured(figure(), sister())
    row, column = FACE
    both.colours[both.owner[row, column]] = 200, 150, 120
    both.colours[both.owner[row, column + BESIDE]] = 201, 151, 121
    return both


def test_look_alikes_are_matched_region_by_region(sheet):
    found = lookalikes(sheet, figures(sheet))
    for row, column in (FACE, EYE):
        region = sheet.owner[row, column]
        assert found.same[region] == ((row, column) == FACE)
        assert found.other[region] == ((row, column) == EYE)
    assert found.same[sheet.owner[FACE[0], FACE[1] + BESIDE]]
    assert not (found.same & found.other).any()


def test_figures_of_different_looks_say_nothing_of_each_other():
    other = np.ones((240, 240), np.float32)
    cv2.rectangle(other, (30, 30), (200, 220), 0.0, 3)
    cv2.line(other, (30, 100), (200, 150), 0.0, 3)
    cv2.circle(other, (120, 180), 25, 0.0, 3)
    for drawn in ((figure(), other), (figure(),)):
        sheet = coloured(*drawn)
        found = lookalikes(sheet, figures(sheet))
        assert not found.same.any() and not found.other.any()


def test_a_colour_shared_with_a_look_alike_stays_sure(sheet):
    """The page is the first head, and its lines say so by far: without lookalikes its eye is sure
    as well."""
    line = figure()
    margins = [p.margin for p in placements(sheet.line, figures(sheet), line)]
    assert margins and min(margins) > TOLD_APART
    page = segment(line)
    found = match(sheet, line, page.owner.numpy(), page.background)
    face, eye = (int(page.owner[place]) for place in (FACE, EYE))
    assert found.sure[face] and not found.sure[eye]
    assert found.region[eye] == sheet.owner[EYE]


def test_one_colour_on_both_is_sure_where_scores_are_equal():
    """Of two equal heads neither wins by a margin: without ``same`` no region is sure."""
    twins = coloured(figure(), figure())
    for region in np.unique(twins.owner[:, BESIDE:]):
        row, column = np.argwhere(twins.owner[:, BESIDE:] == region)[0]
        twins.colours[region] = twins.colours[twins.owner[row, column]]
    page = segment(figure())
    found = match(twins, figure(), page.owner.numpy(), page.background)
    assert found.sure.sum() == page.n_regions - 1  # all but the paper
