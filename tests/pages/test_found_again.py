"""A figure keeps its colours in other panels and on other pages, and lends them to no other one."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from colorrl.export.jobs import find_jobs
from colorrl.pages.colorize_folder import Coloring, model_among
from tests.coloring import SETTINGS, HashGenerator, on_paper, run, save
from tests.regions.drawings import draw

CONSISTENT = replace(SETTINGS, consistent=True)


def panel(name, side=360, mirrored=False):
    """A framed drawing of ``side`` px."""
    line = draw(name, side, 3)
    line = np.ascontiguousarray(line[:, ::-1]) if mirrored else line
    cv2.rectangle(line, (0, 0), (side - 1, side - 1), 0, 2)
    return line


def work():
    return Coloring(HashGenerator(), CONSISTENT, ("flats",), torch.device("cpu"), False)


def test_the_figure_of_the_first_page_keeps_its_colors_on_the_next(tmp_path):
    """Mirrored and smaller. Seen to fail without the model, and with its own page matched to it."""
    save(tmp_path / "in" / "a.png", panel("face"))
    save(tmp_path / "in" / "b.png", panel("face", 300, mirrored=True))
    jobs = find_jobs(tmp_path / "in", tmp_path / "out")
    model = model_among(jobs, work())
    assert model.page == "a.png"
    run(tmp_path / "in", tmp_path / "out", CONSISTENT, model=model)
    run(tmp_path / "in", tmp_path / "alone", CONSISTENT)

    def shared(folder):
        first = on_paper(folder / "a.flats.png")
        second = cv2.resize(on_paper(folder / "b.flats.png")[:, ::-1], (360, 360), interpolation=0)
        figure = (first != first[10, 10]).any(2)  # what surrounds it may differ
        return (first == second).all(2)[figure].mean()

    assert shared(tmp_path / "out") > 0.9 > 0.5 > shared(tmp_path / "alone")
    first = [(tmp_path / folder / "a.flats.png").read_bytes() for folder in ("out", "alone")]
    assert first[0] == first[1]


def test_a_figure_that_is_another_gets_none_of_its_colors(tmp_path):
    """Seen to fail with SAME_FIGURE = 0."""
    save(tmp_path / "in" / "a.png", panel("face"))
    save(tmp_path / "in" / "b.png", panel("star"))
    model = model_among(find_jobs(tmp_path / "in", tmp_path / "out"), work())
    run(tmp_path / "in", tmp_path / "out", CONSISTENT, model=model)
    first, second = (on_paper(tmp_path / "out" / f"{name}.flats.png") for name in "ab")
    colors = {tuple(c) for c in first.reshape(-1, 3)} & {tuple(c) for c in second.reshape(-1, 3)}
    assert colors <= {(255, 255, 255)}


def test_a_page_without_two_colors_is_no_model(tmp_path):
    """Seen to fail without the test for two colours: an empty page becomes the model of all."""
    save(tmp_path / "in" / "a.png", np.ones((96, 96), np.float32))
    (tmp_path / "in" / "b.png").write_bytes(b"no picture")
    jobs = find_jobs(tmp_path / "in", tmp_path / "out")
    with pytest.raises(ValueError, match="consistent=true"):
        model_among(jobs, work())
    save(tmp_path / "in" / "c.png", panel("face", 200))
    assert model_among(find_jobs(tmp_path / "in", tmp_path / "out"), work()).page == "c.png"
