"""Outlines of figures."""

import numpy as np
import pytest

from colorrl.data.procedural.figures.curves import closed, ellipse, limb, mirrored, stroke

SQUARE = [(0, 0), (1, 0), (1, 1), (0, 1)]


def test_curves_go_through_their_points_smoothly():
    curve = closed(SQUARE)
    assert all(np.isclose(curve, p).all(1).any() for p in SQUARE)
    steps = np.diff(np.concatenate([curve, curve[:1]]), axis=0)
    turns = (steps * np.roll(steps, -1, axis=0)).sum(1)
    turns /= np.linalg.norm(steps, axis=1) * np.linalg.norm(np.roll(steps, -1, axis=0), axis=1)
    assert turns.min() > np.cos(0.35)  # no corner: a quarter turn over 14 points is 0.11 a step
    line = stroke([(0, 0), (1, 1), (2, 0)])
    assert np.allclose(line[[0, -1]], [(0, 0), (2, 0)])


def test_an_ellipse_is_as_large_as_asked_and_turns():
    assert np.ptp(ellipse(0.5, 0.5, 0.2, 0.1), axis=0) == pytest.approx([0.4, 0.2])
    assert np.ptp(ellipse(0.5, 0.5, 0.2, 0.1, np.pi / 2), axis=0) == pytest.approx([0.2, 0.4])


def test_a_limb_is_as_wide_as_asked():
    arm = limb([(0, 0), (1, 0), (2, 0)], [0.4, 0.4, 0.4])
    assert np.ptp(arm, axis=0) == pytest.approx([2.4, 0.4], abs=0.03)  # round ends


def test_mirroring_gives_both_sides():
    both = mirrored([(0.1, 0), (0.0, 1)], 0.5)
    assert both.tolist() == [[0.1, 0], [0.0, 1], [1.0, 1], [0.9, 0]]
