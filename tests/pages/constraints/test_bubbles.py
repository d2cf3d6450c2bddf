import random

import cv2
import numpy as np
import pytest

from colorrl.benchmarks.bubble_pages import comic
from colorrl.benchmarks.bubbles import counts
from colorrl.pages.constraints.bubbles import bubbles, gutters
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


def test_eyes_and_a_mouth_in_a_row_are_no_letters():
    """Without MAX_ISLAND this face is a bubble with four letters, as one of DiceBear's was."""
    line = np.full((200, 300), 255, np.uint8)
    cv2.ellipse(line, (150, 100), (120, 80), 0, 0, 360, 0, 3)
    for x in (85, 150):
        cv2.ellipse(line, (x, 85), (28, 20), 0, 0, 360, 0, 2)
    cv2.polylines(line, [np.array([[205, 70], [225, 80], [210, 90], [225, 100]])], False, 0, 3)
    cv2.ellipse(line, (130, 140), (18, 10), 0, 0, 360, 0, 2)
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


def lettered(line, left, top, n=6):
    """A row of letters L, 14 px high, 12 px apart."""
    for i in range(n):
        x = left + 12 * i
        cv2.polylines(line, [np.array([[x, top], [x, top + 12], [x + 7, top + 12]])], False, 0, 2)


def test_a_panel_with_a_bubble_in_it_is_none():
    """Without the rule the panel is a box with rows of text like its bubble."""
    line = np.full((400, 400), 255, np.uint8)
    cv2.rectangle(line, (20, 20), (380, 380), 0, 3)
    cv2.ellipse(line, (200, 120), (90, 55), 0, 0, 360, 0, 2)
    lettered(line, 165, 114)
    for row in range(3):
        lettered(line, 160, 250 + 30 * row)
    label = labels(line)
    found = bubbles(label)
    assert found[label[80, 200]] and not found[label[230, 60]]


def test_a_bubble_that_gap_closing_parted_is_one():
    line = np.full((300, 400), 255, np.uint8)
    cv2.ellipse(line, (200, 150), (120, 80), 0, 0, 360, 0, 3)
    lettered(line, 130, 130, 12)
    lettered(line, 130, 160, 12)
    label = labels(line)
    inside, outside = label[80, 200], label[5, 5]
    assert inside not in (0, outside)
    parted = np.where((label == inside) & (np.arange(300)[:, None] < 136), label.max() + 1, label)
    found = bubbles(parted.astype(np.int32))
    assert found[parted[80, 200]] and found[parted[220, 200]] and not found[outside]
