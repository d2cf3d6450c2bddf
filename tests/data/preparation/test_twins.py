import cv2
import numpy as np

from colorrl.data.preparation.twins import cluster, likeness, signature


def figure(seed, shift=(0, 0)):
    """A page with eight random strokes, moved by ``shift`` pixels."""
    line = np.full((128, 128), 255, np.uint8)
    points = np.random.default_rng(seed).integers(30, 98, (8, 2, 2)) + np.array(shift)
    for a, b in points.tolist():
        cv2.line(line, a, b, 0, 3)
    return line


def alike(a, b):
    return float(likeness(signature(a)[None], signature(b)[None])[0, 0])


def test_the_same_drawing_elsewhere_or_mirrored_is_a_twin():
    line = figure(0)
    assert alike(line, line) > 0.999
    assert alike(line, figure(0, (9, -6))) > 0.95
    assert alike(line, line[:, ::-1]) > 0.95
    assert alike(line, 255 - cv2.dilate(255 - line, np.ones((3, 3), np.uint8))) > 0.85


def test_other_drawings_are_not():
    assert max(alike(figure(i), figure(i + 1)) for i in range(8)) < 0.7


def test_a_blank_page_is_like_nothing():
    blank = np.full((64, 64), 255, np.uint8)
    assert alike(blank, figure(0)) == 0


def test_clusters_follow_chains_of_twins_and_bases():
    names = ["a", "b", "c", "d", "e-1", "e-2"]
    twins = np.zeros((6, 6), bool)
    twins[0, 2] = twins[2, 3] = twins[5, 1] = True
    bases = ["a", "b", "c", "d", "e", "e"]
    assert cluster(names, bases, twins) == ["a", "b", "a", "a", "b", "b"]
