"""Procedural drawings: their truth is what they draw, and they are a function of the seed."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage.measure import label as components

from colorrl.data.procedural.inking import PLAIN
from colorrl.data.procedural.procedural import draw, sketch

SIZE = 256
GAPPY = replace(PLAIN, gap=8, gaps=4, longest=8)
SEEDS = range(8)  # all five subjects are among them


def bijective(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two label maps, 0 apart, are one partition."""
    pairs = np.unique(np.stack([a.ravel(), b.ravel()]), axis=1)
    return pairs.shape[1] == len(np.unique(a)) == len(np.unique(b))


@pytest.mark.parametrize("style", [PLAIN, GAPPY, replace(GAPPY, hatching=0.4, taper=True)])
def test_a_drawing_is_a_function_of_seed_and_style(style):
    first, again, other = (draw(seed, SIZE, style) for seed in (3, 3, 4))
    for field in ("line", "label", "flats", "palette"):
        assert np.array_equal(getattr(first, field), getattr(again, field))
    assert not np.array_equal(first.line, other.line)


@pytest.mark.parametrize("width", [1, 2, 3, 8])
@pytest.mark.parametrize("antialias", [True, False])
def test_true_regions_are_the_components_of_the_closed_drawing(width, antialias):
    for seed in SEEDS:
        drawing = draw(seed, SIZE, replace(PLAIN, width=width, antialias=antialias))
        assert bijective(drawing.label, components(drawing.line > 0.5, connectivity=1))


def test_lines_leave_no_part_open():
    # as drawn with the thinnest line, paper of two parts is never connected
    for seed in range(30):
        outlines = sketch(seed, SIZE)
        drawing = draw(seed, SIZE, replace(PLAIN, width=1, jitter=0, antialias=False))
        paper = drawing.label > 0
        pairs = np.unique(np.stack([drawing.label[paper], outlines.part[paper]]), axis=1)
        assert pairs.shape[1] == drawing.label.max()


def test_gaps_leave_the_truth_and_open_the_drawing():
    for seed in SEEDS:
        closed, gappy = draw(seed, SIZE, replace(GAPPY, gap=0)), draw(seed, SIZE, GAPPY)
        assert np.array_equal(closed.label, gappy.label)
        assert (gappy.line >= closed.line).all() and (gappy.line > closed.line).any()
        opened = components(gappy.line > 0.5, connectivity=1)
        assert opened.max() < closed.label.max()


def test_hatches_add_ink_and_no_regions():
    for seed in SEEDS:
        plain = draw(seed, SIZE, PLAIN)
        hatched = draw(seed, SIZE, replace(PLAIN, hatching=0.5))
        assert (hatched.line <= plain.line).all()
        shade = (hatched.line < plain.line).mean()
        assert 0.002 < shade < 0.2
        still_paper = hatched.line > 0.5
        assert np.array_equal(hatched.label[still_paper], plain.label[still_paper])


def test_flats_hold_one_color_for_each_region_and_only_the_palette():
    for seed in SEEDS:
        drawing = draw(seed, SIZE, PLAIN)
        rgba = drawing.flats.reshape(-1, 4)
        of_region = np.unique(
            np.column_stack([drawing.label.ravel(), rgba])[drawing.label.ravel() > 0], axis=0
        )
        assert len(of_region) == drawing.label.max()
        painted = np.unique(rgba[rgba[:, 3] > 0, :3], axis=0)
        assert np.array_equal(painted, drawing.palette)
        assert set(np.unique(rgba[:, 3])) == {0, 255}  # the page is unpainted
        assert 3 <= len(painted) <= 16 and drawing.label.max() >= 6


def test_the_same_subject_at_any_size_and_width():
    small, large = draw(11, 128, PLAIN), draw(11, 512, replace(PLAIN, width=6))
    shrunk = cv2.resize(large.line, (128, 128), interpolation=cv2.INTER_AREA)
    # blurred: lines of 3 px at 128 are wider than those of 6 at 512
    a, b = (cv2.GaussianBlur(x, (0, 0), 3).ravel() for x in (small.line, shrunk))
    assert np.corrcoef(a, b)[0, 1] > 0.8
    other = cv2.GaussianBlur(draw(12, 128, PLAIN).line, (0, 0), 3).ravel()
    assert np.corrcoef(a, other)[0, 1] < 0.8
