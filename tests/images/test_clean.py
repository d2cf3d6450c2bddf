"""A drawing as it came, to dark lines on white paper."""

import cv2
import numpy as np
import pytest

from colorrl.images.clean import line_art
from colorrl.images.image import strokes
from colorrl.regions.segment import part
from tests.regions.drawings import NAMES, draw


def page(line, channels=1):
    return np.rint(np.repeat(line[..., None], channels, axis=2) * 255).astype(np.uint8)


def kinds(art):
    return [note.kind for note in art.notes]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 3])
def test_clean_ink_on_white_stays_as_it_is(name, channels):
    """Seen to fail with FINE_GRAIN = 0."""
    drawing = page(draw(name, 256), channels)
    art = line_art(drawing)
    assert art.shown is drawing and art.original is None and not art.notes
    assert np.array_equal(art.ink, strokes(drawing))


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 64)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_pages_without_a_line_are_read(shape, value):
    art = line_art(np.full((*shape, 1), value, np.uint8))
    assert art.ink.shape == shape and art.shown.shape[:2] == shape


@pytest.mark.parametrize("falls", [0.25, 0.4])
def test_the_light_that_falls_off_is_divided_out(falls):
    """Seen to fail with DEGREE = 0: the dark side is one blot."""
    line = draw("face", 384)
    y, x = np.mgrid[0:384, 0:384] / 384
    grain = np.random.default_rng(0).normal(0, 0.01, line.shape)
    lit = (1 - falls * (x + y) / 2) * (1 - 0.5 * (1 - line)) + grain
    cream = lit[..., None] * np.array([0.95, 0.9, 0.78])
    art = line_art(np.rint(cream.clip(0, 1) * 255).astype(np.uint8))
    assert kinds(art) == ["paper"] and art.original is not None
    assert part(art.ink).n_regions == part(line).n_regions
    paper = art.shown[line == 1]
    assert (paper > 250).mean() > 0.98  # what is left lies beside the line


def test_the_back_of_the_page_does_not_show_through():
    """Seen to fail with FAINT = 0.1."""
    line, back = draw("face", 384), draw("star", 384)
    faint = cv2.GaussianBlur(1 - back, (0, 0), 1) * 0.12
    grain = np.random.default_rng(0).normal(0, 0.008, line.shape)
    mixed = ((0.96 - faint + grain) * (0.2 + 0.8 * line)).clip(0, 1)
    art = line_art(page(mixed))
    assert part(art.ink).n_regions == part(line).n_regions


PAPERS = {
    "black": ((0, 0, 0), (255, 255, 255)),
    "blueprint": ((16, 40, 120), (235, 240, 255)),
    "yellow on red": ((120, 20, 30), (255, 220, 120)),
    "green screen": ((0, 0, 0), (40, 255, 60)),
}


@pytest.mark.parametrize("paper, ink", PAPERS.values(), ids=PAPERS)
def test_light_lines_on_dark_of_any_hue_are_inverted(paper, ink):
    """Seen to fail with ``_off`` of the grey alone."""
    line = draw("face", 256)[..., None]
    picture = np.rint(line * np.array(paper) + (1 - line) * np.array(ink)).astype(np.uint8)
    art = line_art(picture)
    assert kinds(art) == ["negative"] and art.original is picture
    assert part(art.ink).n_regions == part(line[..., 0]).n_regions
    assert art.shown.min() < 16 and art.shown.max() == 255


def test_a_figure_before_solid_black_is_no_negative():
    """Seen to fail without the width of what is light."""
    line = draw("face", 256)
    outside = part(line).region_index.numpy() == part(line).background
    art = line_art(page(np.where(outside, np.float32(0), line)))
    assert "negative" not in kinds(art) and art.original is None


def toned(share, size=384):
    """A face whose two eyes and ground have dot tone, ``share`` dark."""
    line = draw("face", size)
    y, x = np.mgrid[0:size, 0:size] * (np.pi * np.sqrt(2) / 9)
    screen = np.cos(x + y) + np.cos(x - y)
    inside = part(line).region_index.numpy() != part(line).background
    return line, np.where(inside & (screen > np.quantile(screen, 1 - share)), np.float32(0), line)


@pytest.mark.parametrize("share", [0.15, 0.3, 0.44])
def test_dot_tone_parts_nothing_and_is_kept_apart(share):
    """Seen to fail with LEAST = 10**6: hundreds of regions."""
    line, picture = toned(share)
    art = line_art(page(picture))
    assert kinds(art) == ["tone"] and art.original is None and art.tone is not None
    assert part(art.ink).n_regions <= part(line).n_regions + 2  # dots on lines may cut a crumb off
    assert (art.shown[..., 0] < 128).sum() == (picture < 0.5).sum()  # the tone stays in the picture


def test_cross_hatching_is_one_area():
    line = draw("face", 384)
    y, x = np.mgrid[0:384, 0:384]
    fine = ((x + y) % 14 < 2) | ((x - y) % 14 < 2)
    inside = part(line).region_index.numpy() != part(line).background
    art = line_art(page(np.where(inside & fine, np.float32(0), line)))
    assert kinds(art) == ["tone"] and part(art.ink).n_regions <= part(line).n_regions + 1


@pytest.mark.parametrize("dark", [0.35, 0.62])
def test_gray_fills_are_areas(dark):
    """Seen to fail with PAPER = 0: what is over half dark is ink."""
    line = draw("face", 384)
    region_index = part(line).region_index.numpy()
    eye = region_index[int(0.42 * 384), int(0.36 * 384)]
    art = line_art(page(np.where(region_index == eye, line * (1 - dark), line)))
    found = part(art.ink).region_index.numpy()
    assert found.max() == region_index.max() and not art.notes
    assert (
        found[region_index == eye] == np.bincount(found[region_index == eye]).argmax()
    ).mean() > 0.9


def test_a_page_that_is_colored_already_gives_its_line():
    """Seen to fail with COLOURED = 2."""
    line = draw("face", 384)
    region_index = part(line).region_index.numpy()
    colors = np.array([[255, 255, 255], [255, 255, 255], [240, 180, 150], [60, 90, 200]] * 2)
    picture = np.rint(line[..., None] * colors[region_index]).astype(np.uint8)
    art = line_art(picture)
    assert kinds(art) == ["coloured"] and art.original is picture
    assert part(art.ink).n_regions == part(line).n_regions
    assert art.shown.shape[2] == 1 and (art.shown[line == 1] > 250).mean() > 0.97
