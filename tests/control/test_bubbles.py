import random

import cv2
import numpy as np
import pytest

from colorrl.benchmarks.bubble_pages import comic
from colorrl.benchmarks.bubbles import counts
from colorrl.control.bubbles import bubbles, gutters
from colorrl.regions.segment import segment


def labels(line):
    return segment(line.astype(np.float32) / 255, ball=0).label.numpy()


def face():
    """A head with eyes, nose and mouth, and freckles in rows."""
    line = np.full((300, 300), 255, np.uint8)
    cv2.ellipse(line, (150, 150), (110, 130), 0, 0, 360, 0, 3)
    for x in (110, 190):
        cv2.circle(line, (x, 130), 18, 0, 3)
        cv2.circle(line, (x, 130), 6, 0, -1)
    cv2.ellipse(line, (150, 220), (40, 15), 0, 0, 360, 0, 3)
    for i in range(12):
        cv2.circle(line, (100 + 9 * i, 180 + 8 * (i % 2)), 2, 0, -1)
    return line


@pytest.fixture(scope="module")
def page():
    return comic([face(), np.full((300, 300), 255, np.uint8)] * 2, (700, 600), random.Random(3))


def test_bubbles_of_a_comic_page_are_found_and_faces_are_not(page):
    found, drawn, right, blank = counts(page)
    assert drawn >= 4 and found >= drawn - 1
    # the tip of a tail that another bubble's line cuts off is nobody's
    assert right >= blank - 1


def test_the_eyes_of_letters_stay_blank(page):
    label = labels(page.line)
    blank = bubbles(label)
    small = [
        r for r in np.unique(label[(page.inside > 0) & (label > 0)]) if (label == r).sum() < 60
    ]
    assert small and np.mean([blank[r] for r in small]) > 0.8


def test_a_face_and_an_empty_balloon_are_no_bubbles():
    assert not bubbles(labels(face())).any()
    line = np.full((200, 300), 255, np.uint8)
    cv2.ellipse(line, (150, 100), (120, 70), 0, 0, 360, 0, 3)
    assert not bubbles(labels(line)).any()


def test_gutters_are_long_narrow_and_straight():
    line = np.full((400, 300), 255, np.uint8)
    line[:, [140, 141, 160, 161]] = 0
    line[:100] = np.where(line[:100] < 255, 255, line[:100])
    line[100:102] = 0
    label = labels(line)
    found = gutters(label)
    strip = label[300, 150]
    assert found[strip] and found.sum() == 1
    wavy = np.full((400, 300), 255, np.uint8)
    y = np.arange(400)
    for x in (140, 160):
        wavy[y, (x + 8 * np.sin(y / 9)).astype(int)] = 0
        wavy[y, (x + 1 + 8 * np.sin(y / 9)).astype(int)] = 0
    assert not gutters(labels(wavy)).any()


def test_nothing_at_all():
    assert not bubbles(np.zeros((20, 20), np.int32)).any()
    assert not gutters(np.ones((20, 20), np.int32)).any()
