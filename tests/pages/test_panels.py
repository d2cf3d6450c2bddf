"""Panels and strips: where a page is looked at, and what of it is paper."""

from dataclasses import replace

import cv2
import numpy as np
import torch

from colorrl.pages.constraints.parted import parted_paper
from colorrl.pages.page import _shrunk
from colorrl.pages.panels import Box, views
from colorrl.regions.resize import square
from colorrl.regions.segment import part
from tests.coloring import SETTINGS, HashGenerator, on_paper, run, save
from tests.regions.drawings import draw


def framed(*frames, size=(300, 220)):
    """A page of line art with a face in each of ``frames`` (top, left, bottom, right)."""
    line = np.ones(size, np.float32)
    for top, left, bottom, right in frames:
        side = min(bottom - top, right - left) - 8
        line[top + 4 : top + 4 + side, left + 4 : left + 4 + side] = draw("face", side, 2)
        cv2.rectangle(line, (left, top), (right - 1, bottom - 1), 0, 2)
    return line


FOUR = [(10, 10, 140, 110), (10, 120, 140, 210), (150, 10, 290, 90), (150, 100, 290, 210)]


def seen(line):
    regions = part(line)
    region_index = regions.region_index.numpy()
    return views(region_index, parted_paper(region_index, regions.background))


def test_panels_are_found_and_a_single_drawing_is_seen_whole():
    """Seen to fail with FULL = 2."""
    boxes = seen(framed(*FOUR))
    assert len(boxes) == 4
    for box, (top, left, bottom, right) in zip(boxes, FOUR, strict=True):
        near = np.array([box.top, box.left, box.bottom, box.right]) - (top, left, bottom, right)
        assert abs(near).max() <= 3
    line = draw("face", 200)
    assert seen(line) == [Box(0, 0, 200, 200)]


def test_a_strip_is_seen_piece_by_piece():
    line = framed(*[(20 + 250 * i, 10, 220 + 250 * i, 210) for i in range(4)], size=(1020, 220))
    assert len(seen(line)) == 4
    tall = framed((20, 10, 1000, 210), size=(1020, 220))
    assert len(seen(tall)) == 4 and all(b.bottom - b.top < 300 for b in seen(tall))


def test_paper_that_a_pole_or_a_panel_from_edge_to_edge_parts_is_paper():
    """Seen to fail with RIM = 2."""
    line = draw("face", 300)
    line[:, 14:17] = 0
    regions = part(line)
    region_index = regions.region_index.numpy()
    paper = parted_paper(region_index, regions.background)
    assert paper[region_index[0, 0]] and paper[region_index[0, -1]] and paper.sum() == 2
    strip = np.vstack([draw("face", 200), framed((0, -2, 200, 202), size=(200, 200))])
    strip = np.vstack([strip, draw("face", 200)])
    regions = part(np.ascontiguousarray(strip))
    region_index = regions.region_index.numpy()
    paper = parted_paper(region_index, regions.background)
    assert (
        paper[region_index[2, 2]] and paper[region_index[-3, 2]] and not paper[region_index[300, 3]]
    )


def test_a_view_that_has_ink_alone_of_a_region_is_colored(tmp_path):
    """Seen to fail with the ids of the owners: the cut runs along a line."""
    line = framed((20, 10, 1000, 210), size=(1020, 220))
    line[0:1020:51, 12:208] = 0
    save(tmp_path / "in" / "a.png", line)
    assert not run(tmp_path / "in", tmp_path / "out").failed


def test_every_region_of_panels_has_a_color(tmp_path):
    line = framed(*FOUR)
    save(tmp_path / "in" / "a.png", line)
    generator = HashGenerator()
    run(tmp_path / "in", tmp_path / "out", generator=generator)
    flat = on_paper(tmp_path / "out" / "a.flats.png")
    regions = part(line)
    region_index = regions.region_index.numpy()
    for region in range(1, regions.n_regions + 1):
        colors = np.unique(flat[region_index == region], axis=0)
        assert len(colors) == 1
        white = region == regions.background
        assert (colors[0].tolist() == [255, 255, 255]) == white
    assert generator.calls == 8


def test_one_figure_in_several_panels_keeps_its_colors(tmp_path):
    """Seen to fail with consistent=False, which is the other half of the test."""

    def shares(consistent):
        save(tmp_path / "in" / "a.png", line)
        out = tmp_path / f"out{consistent}"
        run(tmp_path / "in", out, replace(SETTINGS, consistent=consistent))
        flat = on_paper(out / "a.flats.png")
        return (flat[40:360, 40:360] == flat[40:360, 420:740]).all(2).mean()

    line = np.ones((400, 800), np.float32)
    for left in (20, 400):
        line[20:380, left : left + 360] = draw("star", 360, 3)
        cv2.rectangle(line, (left, 20), (left + 360, 380), 0, 2)
    assert shares(True) > shares(False)


def test_a_strip_is_shrunk_without_its_square():
    line = np.random.default_rng(0).random((900, 100)).astype(np.float32)
    for some in (line, np.ascontiguousarray(line.T)):
        whole = cv2.resize(square(some, 1.0), (64, 64), interpolation=cv2.INTER_AREA)
        assert np.allclose(_shrunk(some, 64), whole, atol=1e-5)
    assert torch.from_numpy(_shrunk(line, 64)).is_contiguous()
