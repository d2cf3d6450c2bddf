"""Figures assigned to places, on scores made up here: two squares of a sheet, two of a page."""

import numpy as np
import pytest

from colorrl.pages.sheet.assignment import MIN_SCORE, REPEATED, Placement, assigned

FIGURES = np.zeros((40, 100), np.int32)
FIGURES[10:30, 10:30], FIGURES[10:30, 60:80] = 1, 2


def at(figure, place, score, off=0.0):
    """``figure`` laid on place 0 or 1 of a page like the sheet, ``off`` px to the right."""
    x = 50 * (place - (figure - 1)) + off
    return Placement(figure, np.array([[1.0, 0, x], [0, 1, 0]]), score)


def cast(*found):
    """(figure, place) of each placement that is kept, and their margins, the best first."""
    kept = assigned(found, FIGURES, FIGURES.shape)
    roles = {(p.figure, int(p.matrix[0, 2]) // 50 + p.figure - 1) for p in kept}
    return roles, [p.margin for p in kept]


def test_places_are_decided_together():
    """Each place alone would take figure 1."""
    roles, margins = cast(at(1, 0, 0.8), at(1, 1, 0.6), at(2, 0, 0.5), at(2, 1, 0.55))
    assert roles == {(1, 0), (2, 1)}
    # instead: without 1 at place 0 the other way round; without 2 at place 1 figure 1 at both
    total, swapped, twice = 0.8 + 0.55, 0.5 + 0.6, 0.8 + 0.6 - REPEATED
    assert margins == pytest.approx([total - swapped, total - max(swapped, twice)])


def test_a_figure_may_stand_at_both_places():
    roles, margins = cast(at(1, 0, 0.9), at(1, 1, 0.9), at(2, 1, 0.3))
    assert roles == {(1, 0), (1, 1)}
    assert min(margins) == pytest.approx(0.9 - REPEATED - 0.3)


def test_without_a_rival_the_margin_is_the_score():
    assert cast(at(1, 0, 0.7))[1] == pytest.approx([0.7])


def test_what_is_weak_covered_or_off_the_page_is_no_place():
    assert cast() == (set(), [])
    assert cast(at(1, 0, MIN_SCORE - 0.01)) == (set(), [])
    assert cast(at(1, 0, 0.9, off=500.0)) == (set(), [])
    # the second lies half on the first: too little for a rival, too much for a place
    assert cast(at(1, 0, 0.9), at(2, 0, 0.8, off=11.0))[0] == {(1, 0), (2, 0)}
    assert cast(at(1, 0, 0.9), at(2, 0, 0.8, off=9.0))[0] == {(1, 0)}
