"""Corrections become a training set that the other verbs read."""

import numpy as np

from colorrl.data.sets.line_folder import LineFolder
from colorrl.preferences.pictures import read_pictures
from colorrl.preferences.rankings import read_rankings
from tests.studio.conftest import OTHER, PAGE


def test_pairs_are_what_data_folder_reads(studio):
    """Seen to fail with flats of another name than their line."""
    studio.act("color", regions=[2], colour="#ff0000")
    folder = studio.work("pairs", [PAGE, OTHER])["result"]
    source = LineFolder(f"{folder}/lines", f"{folder}/colours")
    names = [drawing.id for drawing in source.drawings(0, 0.1)]
    assert names == ["ep(1)/photo.jpg", "얼굴"]
    found = source.render(names[0], 64)
    ids = studio.ids()
    at = tuple(np.argwhere(ids == 2)[0] + 3)
    assert found.fill[at][:3].tolist() == [255, 0, 0] and found.line.shape == ids.shape
    assert found.fill[0, 0, 3] == 0  # the paper around the drawing


def test_a_correction_is_preferred_to_what_was_first_given(studio):
    """A second one of the page replaces the first. Seen to fail with the two in turn."""
    end = studio.work("preferences", [PAGE])
    assert PAGE in end["failed"]  # nothing was corrected
    for color in ("#00ff00", "#ff0000"):
        studio.act("color", regions=[2], colour=color)
        folder = studio.work("preferences", [PAGE])["result"]
    from pathlib import Path

    (question,) = read_rankings(Path(folder))
    assert question.order == (0, 1) and question.by == "person" and question.sketch == PAGE
    better, worse = read_pictures(Path(folder), question).coloring
    red = (better.permute(1, 2, 0) * 255).round() == np.array([255, 0, 0])
    assert red.all(2).any() and (better != worse).any(0).equal(red.all(2))
